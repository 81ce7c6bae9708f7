// How soon a page shows its first chart or answer, and how long its calls take: on the published timings alone, and with
// 100,000 more. Run with the release build, on a machine that does nothing else:
//   EPOCHCAST_BIN=target/release/epochcast node tests/browser/speed.mjs

import { PAGES } from "./pages.mjs";
import { launch, open, serve, settled } from "./server.mjs";
import { timings } from "./timings.mjs";

const TIMES = 10;
const ROWS = 100_000;
const MANY = { path: "/platforms/many", shown: "figure svg" };

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
const median = (numbers) => at([...numbers].sort((a, b) => a - b), 0.5).toFixed(0);

/** Opens `path` anew, without a cache; gives when `shown` was visible and how long each call took, in milliseconds. */
async function visit(browser, origin, { path, shown }) {
  const { page } = await open(browser, origin);
  const began = performance.now();
  await page.goto(path, { waitUntil: "commit" });
  await page.locator(shown).first().waitFor();
  const visible = performance.now() - began;
  await settled(page);
  const calls = await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/v1/")).map(({ duration }) => duration));
  await page.context().close();
  return { visible, calls };
}

async function measure(browser, { origin }, pages) {
  console.log(`${"page".padEnd(56)} shown, median and worst  calls, median and p95  (ms)`);
  for (const page of pages) {
    const visits = [];
    for (let i = 0; i < TIMES; i += 1) visits.push(await visit(browser, origin, page));
    const visible = visits.map(({ visible }) => visible);
    const calls = visits.flatMap(({ calls }) => calls).sort((a, b) => a - b);
    const called = calls.length ? `${median(calls)} ${at(calls, 0.95).toFixed(0)}` : "none";
    console.log(page.path.padEnd(56), `${median(visible)} ${Math.max(...visible).toFixed(0)}`.padEnd(24), called);
  }
}

const [server, browser] = await Promise.all([serve(), launch()]);
await visit(browser, server.origin, PAGES[0]);
console.log("with the published timings");
await measure(browser, server, PAGES);
const headers = { "Content-Type": "text/csv", Authorization: `Bearer ${server.token}` };
const sent = await fetch(`${server.origin}/v1/measurements`, { method: "POST", headers, body: timings("many", ROWS) });
console.log(`with ${(await sent.json()).accepted} more on one platform`);
await measure(browser, server, [...PAGES, MANY]);
await browser.close();
await server.stop();

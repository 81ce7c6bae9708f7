// How soon the pages answer over a slow line: 100 ms before each answer, 2.5 MB a second, in a browser that sees a page for the
// first time, and one that comes back. Run with the release build, on a machine that does nothing else:
//   EPOCHCAST_BIN=target/release/epochcast node tests/browser/slow.mjs

import { PAGES } from "./pages.mjs";
import { launch, open, serve, settled } from "./server.mjs";

const LINE = { offline: false, latency: 100, downloadThroughput: 2.5e6, uploadThroughput: 2.5e6 };
const TIMES = 5;
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Opens `path`; gives the milliseconds until `shown` was there, and what the page had asked for when all was there. */
async function visit(page, { path, shown }) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", LINE);
  let [requests, bytes] = [0, 0];
  const kept = new Set();
  session.on("Network.requestServedFromCache", ({ requestId }) => kept.add(requestId));
  session.on("Network.responseReceived", ({ requestId, response }) => {
    if (response.fromDiskCache || response.fromPrefetchCache || kept.has(requestId) || response.url.startsWith("data:")) kept.add(requestId);
    else requests += 1;
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => { if (!kept.has(requestId)) bytes += encodedDataLength; });
  const began = performance.now();
  await page.goto(path, { waitUntil: "commit" });
  await page.locator(shown).first().waitFor();
  const visible = performance.now() - began;
  await settled(page);
  await session.detach();
  return { visible, requests, bytes };
}

/** The medians of both visits. */
async function measure(browser, origin, what) {
  const visits = { first: [], again: [] };
  for (let i = 0; i < TIMES; i += 1) {
    const { page } = await open(browser, origin);
    visits.first.push(await visit(page, what));
    await page.goto("about:blank");
    visits.again.push(await visit(page, what));
    await page.context().close();
  }
  const of = (all) => `${(median(all.map(({ visible }) => visible)) / 1000).toFixed(2)} s (${(Math.max(...all.map(({ visible }) => visible)) / 1000).toFixed(2)}) ${String(median(all.map(({ requests }) => requests))).padStart(3)} ${(median(all.map(({ bytes }) => bytes)) / 1000).toFixed(0).padStart(5)} KB`;
  console.log(what.path.padEnd(55), of(visits.first).padEnd(32), of(visits.again));
}

const [server, browser] = await Promise.all([serve(), launch()]);
console.log(`${"page".padEnd(55)} ${"first visit: median (worst)".padEnd(32)} coming back   (requests and bytes until all is there)`);
for (const page of PAGES) await measure(browser, server.origin, page);
await browser.close();
await server.stop();

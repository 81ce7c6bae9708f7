// How often intervals held, on the page of a platform.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

/** What the page of `platform` says once it is asked. */
async function told(platform) {
  const { page, faults } = await open(browser, server.origin);
  await page.goto(`/platforms/${platform}`);
  await settled(page);
  const details = page.locator("details", { hasText: "How often intervals held for timings that came later" });
  await details.locator("summary").click();
  await settled(page);
  await details.getByText("predicted before it was learnt").waitFor();
  const rows = await details.locator("tbody tr").allInnerTexts();
  const said = await details.innerText();
  assert.deepEqual(faults, []);
  await page.context().close();
  return { rows, said };
}

test("the page of a platform says how often intervals held, and that nothing is known of what came with the service", async () => {
  const { rows: none, said } = await told("v100x8-paper");
  assert.deepEqual(none, []);
  assert.match(said, /0 timings of 187 came/);
  const row = (label, speed) => ({ platform: "v100x8-paper", mode: "train", label, model: { name: "RegNetY-4GF" }, images_per_second: speed });
  const sent = await fetch(`${server.origin}/v1/measurements`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${server.token}` },
    body: JSON.stringify([row("near", 2400), row("far", 900)]),
  });
  assert.equal((await sent.json()).accepted, 2);
  const { rows } = await told("v100x8-paper");
  assert.equal(rows.length, 3);
  assert.match(rows[1], /^all\s+2\s+50 %/);
});

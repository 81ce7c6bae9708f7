// What strangers write: names that are markup stay text on every page, cells that are formulas are defused in every CSV.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>';

/** Sends rows, and gives the answer. */
async function sent(rows) {
  const headers = { "Content-Type": "application/x-ndjson", Authorization: `Bearer ${server.token}` };
  const body = rows.map((row) => JSON.stringify(row)).join("\n");
  return (await fetch(`${server.origin}/v1/measurements?on_error=skip`, { method: "POST", headers, body })).json();
}

/** A dozen timings of `platform`, labelled by `label(i)`. */
function dozen(platform, label) {
  return Array.from({ length: 12 }, (_, i) => ({
    platform: { id: platform, device: label(0), framework: label(0) }, mode: "train", label: label(i), source: i ? label(i) : "javascript:alert(3)",
    complexity: { flops: 1e9 + i * 1e8, params: 1e7, acts: 1e7 + i * 1e6 }, images_per_second: 1000 / (10 + i),
  }));
}

const markup = (page) => page.locator("main img, main script, main svg script, dialog img").count();

test("names from an upload are text on every page, never markup", async () => {
  assert.equal((await sent(dozen("evil", (i) => (i ? `${EVIL} ${i}` : EVIL)))).accepted, 12);
  const net = encodeURIComponent(EVIL);
  for (const path of ["/", "/platforms", "/platforms/evil", `/platforms/${net}`, `/platforms/evil?search=${net}`, "/explore?platform=evil",
    `/explore?model=${net}`, `/explore?view=compare&strategies=${net}`, `/explore?view=plan&epoch=${net}`, `/explore?view=time&spec=${net}`, `/upload?upload=${net}`]) {
    await page.goto(path);
    await settled(page);
    assert.equal(await markup(page), 0, path);
  }
  await page.goto("/platforms/evil");
  await page.getByRole("link", { name: EVIL, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("javascript:alert(3)").first().waitFor();
  assert.equal(await dialog.locator("a[href^=javascript]").count(), 0);
});

test("a file whose name and wrong rows are markup shows them as text", async () => {
  await page.goto("/upload");
  const buffer = Buffer.from(`platform,device,mode,label,flops,params,acts,images_per_second\nevil2,GPU,train,${EVIL.replaceAll('"', "")},1e9,1e7,1e7,${EVIL.replaceAll('"', "")}\n`);
  await page.getByLabel("File of timings").setInputFiles({ name: `${EVIL}.csv`, mimeType: "text/csv", buffer });
  await page.getByLabel("Token").fill(server.token);
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByText("1 row to fix").waitFor();
  assert.equal(await markup(page), 0);
});

test("cells that a spreadsheet would run are defused in every CSV that a page offers", async () => {
  const rows = dozen("formula", (i) => `=HYPERLINK("x";"${i}")`);
  const { upload } = await sent([...rows, { ...rows[1], images_per_second: "=1+1", label: "@SUM(1)" }]);
  const offered = new Set();
  for (const path of ["/platforms/formula", `/upload?upload=${upload}`, "/explore?view=compare"]) {
    await page.goto(path);
    await settled(page);
    for (const link of await page.locator('main a[href*=".csv"]').all()) offered.add(await link.getAttribute("href"));
  }
  assert.ok([...offered].some((href) => href.includes("rejected")) && [...offered].some((href) => href.includes("charts")), [...offered].join(" "));
  for (const href of offered) {
    const text = await (await fetch(new URL(href, server.origin))).text();
    assert.ok(text.includes("HYPERLINK") || !/formula/.test(href), href);
    // A cell begins at a line's start or behind a comma, perhaps with a quote.
    assert.doesNotMatch(text, /(^|,)"?[=@+\t]/m, href);
  }
});

// The evidence of a platform: charts that lead to measurements, and the table of all.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

test("every point of a chart reads by arrow keys and leads to its measurement and source", async () => {
  await page.goto("/platforms/v100x8-paper");
  await settled(page);
  const chart = page.locator(".panels figure").first();
  assert.match(await chart.locator("figcaption").innerText(), /\d/);
  assert.equal(await chart.locator(".point").count(), 187);
  assert.equal(await chart.locator(".image svg [tabindex='0']").count(), 1);
  await chart.locator(".image svg [tabindex='0']").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await chart.locator(".readout").innerText(), /x|×/);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Dollar et al. 2021").first().waitFor();
  await page.waitForURL(/measurement=\d+/);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.waitForURL((url) => !/measurement=/.test(url.href));
  await page.goBack();
  await dialog.waitFor();
});

test("a point reads under the mouse, and a click opens it", async () => {
  await page.goto("/platforms/v100x8-pycls");
  await settled(page);
  const chart = page.locator(".panels figure").first();
  const point = chart.locator(".point").last();
  await point.hover({ force: true });
  assert.match(await chart.locator(".readout").innerText(), /\d/);
  await point.click({ force: true });
  await page.getByRole("dialog").getByText("Sent by").waitFor();
});

test("a tap reads a point, and leads to its measurement by a button", async () => {
  const narrow = await open(browser, server.origin, { width: 360, touch: true });
  await narrow.page.goto("/platforms/v100x8-pycls");
  await settled(narrow.page);
  const chart = narrow.page.locator(".panels figure").first();
  await chart.locator(".point").last().tap({ force: true });
  await chart.locator(".point").last().tap({ force: true });
  assert.equal((await chart.locator(".readout").innerText()).match(/Open it/g).length, 1);
  await chart.getByRole("button", { name: "Open it" }).tap();
  await narrow.page.getByRole("dialog").getByText("Sent by").waitFor();
  assert.deepEqual(narrow.faults, []);
  await narrow.page.context().close();
});

test("the table is searched, sorted and turned by the server, and its URL shows the same", async () => {
  await page.goto("/platforms/v100x8-paper");
  await settled(page);
  await page.getByLabel("Label or net").fill("regnetz");
  await page.getByRole("rowheader", { name: /RegNetZ/ }).first().waitFor();
  await page.getByRole("button", { name: "Acts", exact: true }).click();
  await page.waitForURL(/sort=-acts/);
  await settled(page);
  const acts = async (page) => (await page.locator("section:has(#measurements) tbody tr td:nth-child(5)").allInnerTexts()).map((text) => {
    const [number, prefix] = text.split(" ");
    return Number(number.replaceAll(",", "")) * { M: 1, G: 1000 }[prefix];
  });
  const first = await acts(page);
  assert.equal(first.length, 25);
  assert.deepEqual(first, [...first].sort((a, b) => b - a));
  await page.getByRole("button", { name: "Next page" }).click();
  await page.waitForURL(/cursor=/);
  await settled(page);
  const second = await acts(page);
  assert.ok(second[0] <= first.at(-1));
  const other = await open(browser, server.origin);
  await other.page.goto(page.url());
  await settled(other.page);
  assert.deepEqual(await acts(other.page), second);
  await other.page.context().close();
});

test("a platform that is not there, and a search that finds nothing, say what to do", async () => {
  await page.goto("/platforms/v100x8-papr");
  await page.getByText("did you mean v100x8-paper").waitFor();
  await page.goto("/platforms/v100x8-paper?search=nothing");
  await page.getByText("No measurement is like this").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByRole("rowheader", { name: /EfficientNet/ }).first().waitFor();
});

test("how honest the predictions are is computed on demand", async () => {
  await page.goto("/platforms/v100x8-pycls");
  await settled(page);
  await page.getByText("How honest these predictions are").click();
  await page.getByRole("rowheader", { name: "each net in turn" }).waitFor();
});

// The charts of one net: a sentence, points that read by mouse and keyboard, a table, and files.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const NET = "model=RegNetY-4GF&platform=v100x8-paper";
const CHARTS = { compare: `/explore?${NET}&view=compare`, plan: `/explore?${NET}&view=plan&epoch=10+min`, time: `/explore?${NET}&view=time` };

for (const [view, path] of Object.entries(CHARTS)) {
  test(`the chart of the view ${view} says its figures, reads by keyboard and mouse, and is there as a table, SVG and CSV`, async () => {
    await page.goto(path);
    const figure = page.locator(`#${view} figure`);
    await figure.locator("svg").waitFor();
    await settled(page);
    assert.match(await figure.locator("figcaption").textContent(), /\d/);
    const readout = figure.locator(".readout");
    await figure.locator("svg [tabindex='0']").first().focus();
    const first = await readout.innerText();
    assert.match(first, /\d/);
    await page.keyboard.press("End");
    assert.notEqual(await readout.innerText(), first);
    await figure.locator(".point, .bar").first().hover({ force: true });
    assert.match(await readout.innerText(), /\d/);
    await figure.getByRole("button", { name: "View as table" }).click();
    await figure.locator("tbody tr").nth(4).waitFor();
    for (const [name, type] of [["SVG", "image/svg+xml"], ["CSV", "text/csv"]]) {
      const href = await figure.getByRole("link", { name, exact: true }).getAttribute("href");
      const answer = await fetch(new URL(href, server.origin));
      assert.equal(answer.status, 200);
      assert.ok(answer.headers.get("content-type").startsWith(type), href);
    }
  });
}

test("what is compared, and members of the fast family, change the chart with the table", async () => {
  await page.goto(CHARTS.compare);
  await settled(page);
  await page.locator("#compare").getByLabel("params").check();
  await page.getByLabel("α of the fast family").fill("0.5");
  await page.keyboard.press("Enter");
  await page.getByRole("rowheader", { name: "α = 0.5" }).waitFor();
  await settled(page);
  assert.match(await page.locator("#compare figcaption").innerText(), /params/i);
  assert.match(page.url(), /y=params&alphas=0.5|alphas=0.5.*y=params/);
});

test("a tap reads a point on a narrow screen", async () => {
  const narrow = await open(browser, server.origin, { width: 360, touch: true });
  await narrow.page.goto(CHARTS.compare);
  const figure = narrow.page.locator("#compare figure");
  await figure.locator("svg").waitFor();
  await settled(narrow.page);
  await figure.locator(".point").last().tap({ force: true });
  assert.match(await figure.locator(".readout").innerText(), /flops|×/);
  assert.deepEqual(narrow.faults, []);
  await narrow.page.context().close();
});

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
    await figure.locator(".image svg").waitFor();
    await settled(page);
    assert.match(await figure.locator("figcaption").textContent(), /\d/);
    const readout = figure.locator(".readout");
    await figure.locator(".image svg [tabindex='0']").first().focus();
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
  await page.waitForURL(/y=params&alphas=0.5|alphas=0.5.*y=params/);
});

test("groups without a mark of their own are one entry of the legend, which hides them all", async () => {
  await page.goto("/platforms/rtx3090-nchw");
  await settled(page);
  const figure = page.locator("figure").first();
  const keys = figure.getByRole("group", { name: "Shown in the chart" });
  const rest = keys.getByLabel(/other groups$/);
  assert.equal(await rest.count(), 1);
  const shown = () => figure.locator(".point:visible").count();
  const all = await shown();
  await rest.uncheck();
  assert.ok(await shown() < all);
  await rest.check();
  assert.equal(await shown(), all);
});

test("a series is hidden and shown by mouse and by keyboard, and stays hidden when the chart is drawn anew", async () => {
  await page.goto(CHARTS.compare);
  await settled(page);
  const figure = page.locator("#compare figure");
  const keys = figure.getByRole("group", { name: "Shown in the chart" });
  const points = (series) => figure.locator(`.point[data-series="${series}"]:visible`);
  assert.equal(await keys.getByRole("checkbox").count(), 5);
  const all = await points("w").count();
  assert.ok(all > 5);
  await keys.getByLabel("w", { exact: true }).uncheck();
  assert.equal(await points("w").count(), 0);
  assert.equal(await figure.locator("text.name:visible", { hasText: /^w$/ }).count(), 0);
  await keys.getByLabel("d", { exact: true }).focus();
  await page.keyboard.press("Space");
  assert.equal(await points("d").count(), 0);
  // Neither the keyboard nor the mouse finds what is hidden.
  await figure.locator("svg.chart-svg [tabindex='0']").focus();
  const read = new Set();
  for (let i = 0; i < 60; i += 1) {
    read.add(await page.evaluate(() => document.activeElement.dataset.series));
    await page.keyboard.press("ArrowRight");
  }
  assert.deepEqual([...read].sort(), ["dWr", "dwr", "r"]);
  await page.locator("#compare").getByLabel("acts").check();
  await page.locator("#compare figcaption", { hasText: "acts" }).waitFor();
  await settled(page);
  assert.equal(await points("w").count(), 0);
  assert.ok(!(await keys.getByLabel("w", { exact: true }).isChecked()));
  await keys.getByRole("button", { name: "Show all" }).click();
  assert.equal(await points("w").count(), all);
  assert.ok(await keys.getByRole("button", { name: "Show all" }).isHidden());
});

test("a part of stacked bars is hidden and shown, and what is left of each bar moves together", async () => {
  await page.goto(CHARTS.time);
  await settled(page);
  const figure = page.locator("#time figure");
  const keys = figure.getByRole("group", { name: "Shown in the chart" });
  const bars = (part) => figure.locator(`.bar[data-series="${part}"]:visible`);
  const lefts = (part) => bars(part).evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().x));
  assert.deepEqual(await keys.getByRole("checkbox").evaluateAll((all) => all.map(({ value }) => value)), ["memory", "compute", "rest"]);
  const [memory, compute] = [await lefts("memory"), await lefts("compute")];
  assert.ok(memory.length > 3 && compute.every((x) => x > memory[0] + 1));
  await keys.getByLabel("memory", { exact: true }).uncheck();
  assert.equal(await bars("memory").count(), 0);
  // All begin where bars began, to a tenth of a pixel as they are drawn.
  for (const x of await lefts("compute")) assert.ok(Math.abs(x - memory[0]) < 0.2, `${x} ${memory[0]}`);
  await figure.locator("svg.chart-svg [tabindex='0']").focus();
  const read = new Set();
  for (let i = 0; i < 40; i += 1) {
    read.add(await page.evaluate(() => document.activeElement.dataset.series));
    await page.keyboard.press("ArrowRight");
  }
  assert.ok(!read.has("memory") && read.has("compute"), [...read].join());
  await keys.getByRole("button", { name: "Show all" }).click();
  assert.deepEqual([await lefts("memory"), await lefts("compute")], [memory, compute]);
});

test("a second net is compared in the same chart, and taken away again", async () => {
  await page.goto(CHARTS.compare);
  await settled(page);
  await page.getByRole("combobox", { name: "Second net" }).click();
  await page.keyboard.type("resnet50");
  await page.getByRole("option", { name: /ResNet-50.*scales/ }).first().click();
  const figure = page.locator("#compare figure");
  await figure.locator("figcaption", { hasText: /RegNetY-4GF.*ResNet-50/ }).waitFor();
  await settled(page);
  assert.ok(await figure.locator('.point[data-series="dWr, ResNet-50"]').count() > 5);
  for (const net of ["RegNetY-4GF", "ResNet-50"]) await page.getByRole("heading", { name: `${net}: Epoch time on` }).waitFor();
  await page.waitForURL(/beside=ResNet-50/);
  await page.getByRole("button", { name: "Without the second net" }).click();
  await page.getByRole("heading", { name: /^Epoch time on/ }).waitFor();
  await page.waitForURL((url) => !/beside/.test(url.href));
});

test("two nets of one's own are compared: both are described, and the address keeps them", async () => {
  const own = (depth) => JSON.stringify({ family: "regnet", depth, w0: 80, wa: 34.01, wm: 2.25, group_w: 24 });
  await page.goto(`/explore?view=compare&platform=v100x8-paper&spec=${encodeURIComponent(own(18))}`);
  await settled(page);
  const second = page.getByRole("group", { name: "The second net is given by" });
  await second.getByRole("radio", { name: "description" }).check();
  await page.getByLabel("Description of the second net").fill("depth: 22");
  await page.locator("#compare .problem", { hasText: "The description cannot be read" }).waitFor();
  await page.getByLabel("Description of the second net").fill(own(22));
  await page.getByRole("heading", { name: "your net: Epoch time on" }).waitFor();
  await page.getByRole("heading", { name: "your second net: Epoch time on" }).waitFor();
  const drawn = (name) => page.locator(`#compare figure .point[data-series="dWr, the ${name} net"]`);
  await drawn("second").first().waitFor();
  const times = await Promise.all(["first", "second"].map((name) => drawn(name).evaluateAll((all) => all.map(({ dataset }) => Number(dataset.y)))));
  assert.ok(times[0].length > 5 && times[0].every((seconds, i) => seconds !== times[1][i]), JSON.stringify(times));
  await page.reload();
  await page.getByRole("heading", { name: "your second net: Epoch time on" }).waitFor();
  assert.deepEqual(JSON.parse(await page.getByLabel("Description of the second net").inputValue()), JSON.parse(own(22)));
  await page.getByRole("button", { name: "Without the second net" }).click();
  await page.getByRole("heading", { name: /^Epoch time on/ }).waitFor();
  await page.getByRole("combobox", { name: "Second net" }).waitFor();
});

test("a second net that cannot be scaled is told in words, and the first is compared all the same", async () => {
  await page.goto(`${CHARTS.compare}&beside=efficientnet_cc_b0_4e`);
  await page.locator("#compare .note", { hasText: "Only the costs of efficientnet_cc_b0_4e are known here" }).waitFor();
  await page.locator("#compare figure .image svg").first().waitFor();
  assert.equal(await page.locator("#compare .problem").count(), 0);
});

test("the front of a plan ends without a spike", async () => {
  await page.goto(CHARTS.plan);
  const figure = page.locator("#plan figure");
  await figure.locator(".point").first().waitFor();
  const best = await figure.locator('.point[data-series="best mix"]').evaluateAll((all) => all.map(({ dataset }) => ({ flops: Number(dataset.x), seconds: Number(dataset.y) })));
  const steps = best.slice(1).map((point, i) => ({ more: point.flops / best[i].flops, longer: point.seconds / best[i].seconds }));
  assert.ok(steps.length > 20);
  assert.deepEqual(steps.filter(({ more, longer }) => more < 1.05 && longer > 1.5), []);
});

test("a tap reads a point on a narrow screen", async () => {
  const narrow = await open(browser, server.origin, { width: 360, touch: true });
  await narrow.page.goto(CHARTS.compare);
  const figure = narrow.page.locator("#compare figure");
  await figure.locator(".image svg").waitFor();
  await settled(narrow.page);
  await figure.locator(".point").last().tap({ force: true });
  assert.match(await figure.locator(".readout").innerText(), /flops|×/);
  assert.deepEqual(narrow.faults, []);
  await narrow.page.context().close();
});

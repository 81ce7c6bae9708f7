// What outsiders did in their first minutes, and what they are to find. Their ways from an address to an answer are
// journeys.test.mjs's.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const said = () => page.locator("#said .verdict");
const chips = () => page.locator(".chips .name").allInnerTexts();
const rows = () => page.getByRole("table", { name: "Predicted epoch on each GPU" }).locator("tbody tr");

test("a platform that was uploaded in the wrong unit is not what the start page speaks of", async () => {
  const scaled = Array.from({ length: 300 }, (_, i) => ({
    platform: { id: "lab-a6000", device: "NVIDIA RTX A6000" }, mode: "train", label: `net-${i}`, batch_size: 256,
    complexity: { flops: 1e9 + i * 2e7, params: 1e7, acts: 4e6 + i * 1e5 }, step_seconds: 200 + i * 5,
  }));
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${server.token}` };
  const stored = await (await fetch(`${server.origin}/v1/measurements`, { method: "POST", headers, body: JSON.stringify(scaled) })).json();
  assert.equal(stored.accepted + stored.quarantined, 300);
  await page.goto("/");
  await said().waitFor();
  assert.doesNotMatch(await said().innerText(), /A6000/);
  await page.getByText("You have chosen none").waitFor();
  await fetch(`${server.origin}/v1/uploads/${stored.upload}`, { method: "DELETE", headers });
});

test("a bare number of memory or time is asked for its unit, and nothing is planned", async () => {
  await page.goto("/explore?view=plan&platform=v100x8-paper");
  await page.getByLabel("Memory of a device").fill("16");
  await page.keyboard.press("Enter");
  await page.getByText("16 of what? Write 16 GB or 16 GiB.").waitFor();
  await page.getByLabel("Epoch at most").fill("20");
  await page.keyboard.press("Enter");
  await page.getByText("20 of what? Write 20 s or 20 min or 20 h.").waitFor();
  await settled(page);
  assert.equal(await page.locator("#plan table").count(), 0);
});

test("what is compared on a GPU that was never timed says so", async () => {
  await page.goto("/explore?view=compare&platform=gpu:a100-80gb");
  await page.locator("#compare .note", { hasText: "fewer than 20 timings are known of NVIDIA A100" }).waitFor();
});

test("a GPU is asked for in a recipe that is typed, and a word that is none of one is told the nearest", async () => {
  await page.goto("/");
  const box = page.getByPlaceholder(/H100, A100/);
  await box.fill("gpu:a100-80gb:channels_last:tuned");
  await box.press("Enter");
  await page.locator("tbody tr", { hasText: "A100 SXM4 80GB, channels last, tuned" }).first().waitFor();
  await page.locator(".note", { hasText: "as amp, channels_last, tuned" }).first().waitFor({ state: "attached" });
  await box.fill("gpu:h100:chanels_last");
  await box.press("Enter");
  await page.locator(".problem", { hasText: "Did you mean channels_last?" }).waitFor();
});

test("the answer speaks of the GPU that is pressed, and no more of one that is taken away", async () => {
  await page.goto("/?platform=v100x8-paper,gpu:h200");
  await settled(page);
  assert.deepEqual(await chips(), ["8 × Tesla V100 32GB", "H200 SXM 141GB"]);
  await page.getByRole("button", { name: "H200 SXM 141GB", exact: true }).click();
  await said().getByText("on H200").waitFor();
  await page.getByRole("button", { name: "Without H200 SXM 141GB" }).click();
  await rows().filter({ hasText: "H200" }).waitFor({ state: "detached" });
});

test("each example is one click, and answers", async () => {
  await page.goto("/");
  await settled(page);
  for (const [example, answer] of [["RegNetY-4GF, 4×", /RegNetY-4GF, scaled 4× by dWr takes .* on 8 × Tesla V100/], ["ResNet-50 as it is", /ResNet-50 takes .* on RTX 3090/], ["EfficientNet-B0, 8×", /EfficientNet-B0, scaled 8× by dWr takes .* on H100/]]) {
    await page.locator("#examples").getByText(example).click();
    await said().getByText(answer).waitFor();
  }
});

test("the net, its scaling, the GPUs and their prices go along from page to page", async () => {
  await page.goto("/?model=ResNet-50&strategy=w&factor=2&platform=gpu:h100&prices=gpu:h100~$3");
  await settled(page);
  const head = page.getByRole("navigation", { name: "Pages" });
  await head.getByRole("link", { name: "Explore a net" }).click();
  await page.locator("#scale .verdict", { hasText: "ResNet-50, scaled 2× by w takes" }).waitFor();
  assert.equal(await page.getByLabel(/Price per hour of H100/).inputValue(), "$3");
  for (const name of ["Evidence", "Upload", "API"]) await head.getByRole("link", { name }).click();
  await page.getByRole("heading", { name: "The API" }).waitFor();
  await head.getByRole("link", { name: "epochcast" }).click();
  await said().getByText(/ResNet-50, scaled 2× by w takes .* on H100/).waitFor();
});

test("a net given by its costs is told what cannot be done with it", async () => {
  const costs = encodeURIComponent('{"flops": 4e9, "params": 2e7, "acts": 1e7}');
  for (const [view, words] of [["compare", "there are no strategies to compare"], ["plan", "nothing to scale up to a budget"], ["time", "it cannot be said where its time goes"]]) {
    await page.goto(`/explore?spec=${costs}&view=${view}`);
    await page.locator(`#${view} .note`, { hasText: words }).waitFor();
    assert.equal(await page.locator(`#${view} .problem`).count(), 0);
    assert.equal(await page.locator(`#${view} input:visible`).count(), 0);
  }
});

test("a description that cannot be read leaves no old answer standing", async () => {
  await page.goto("/explore");
  await page.locator("#scale .verdict", { hasText: "RegNetY-4GF" }).waitFor();
  await page.getByRole("radio", { name: "description" }).check();
  await page.getByLabel("Description", { exact: true }).fill("layers: 3");
  await page.locator("#scale .problem", { hasText: "there is nothing to predict" }).waitFor();
  assert.equal(await page.locator("#scale .verdict").count(), 0);
  assert.equal(await page.locator("#scale table").count(), 0);
});

test("times that stand together share a unit, in the interval and in the table", async () => {
  await page.goto("/explore?platform=v100x8-paper,rtx3090-nchw,gpu:t4");
  await settled(page);
  await page.locator("#scale thead", { hasText: /Epoch (min|h)/ }).waitFor();
  for (const cell of await rows().locator("td:nth-child(2)").allInnerTexts()) assert.match(cell, /^[\d.,]+\s+[\d.,]+ to [\d.,]+$/);
  await page.goto("/explore?view=compare&platform=rtx3090-nchw");
  await page.getByRole("heading", { name: /Epoch time on RTX 3090 in (min|h) by strategy and factor/ }).waitFor();
});

test("a chart as a table has rounded numbers, and units in its head", async () => {
  await page.goto("/explore?view=compare&platform=v100x8-paper");
  const figure = page.locator("#compare figure");
  await figure.locator(".image svg").waitFor();
  await figure.getByRole("button", { name: "View as table" }).click();
  await figure.locator("tbody tr").first().waitFor();
  for (const cell of await figure.locator("tbody td").allInnerTexts()) assert.doesNotMatch(cell, /\d\.\d{5}/);
  assert.ok((await figure.locator("thead .unit").allInnerTexts()).some((unit) => unit.trim() === "s"));
});

test("what a point of a chart says stands beside the point", async () => {
  await page.goto("/explore?view=compare&platform=v100x8-paper");
  const figure = page.locator("#compare figure");
  await figure.locator(".image svg").waitFor();
  await settled(page);
  const point = figure.locator(".point").nth(4);
  await point.hover({ force: true });
  const tip = figure.locator(".tip");
  await tip.waitFor();
  const [a, b] = [await point.boundingBox(), await tip.boundingBox()];
  assert.ok(Math.abs(a.y - b.y) < 90, `${a.y} ${b.y}`);
});

test("on a phone the table of a plan scrolls, and says so", async () => {
  const narrow = await open(browser, server.origin, { width: 360 });
  await narrow.page.goto("/explore?view=plan&flops=8G&platform=v100x8-paper");
  await narrow.page.locator("#plan .cue", { hasText: "Scroll sideways" }).waitFor();
  assert.ok(await narrow.page.evaluate(() => document.documentElement.scrollWidth) <= 360);
  assert.deepEqual(narrow.faults, []);
  await narrow.page.context().close();
});

test("money has its sign: $400 is read, and a cost says $", async () => {
  await page.goto("/explore?view=plan&platform=v100x8-paper");
  await page.getByText("A whole training, and what it costs").click();
  await page.getByLabel("Price per hour", { exact: true }).fill("$24.48");
  await page.keyboard.press("Enter");
  await page.getByLabel("Epochs", { exact: true }).fill("90");
  await page.keyboard.press("Enter");
  await page.getByLabel("Cost at most").fill("$400");
  await page.keyboard.press("Enter");
  await page.locator("#plan tbody").getByText(/costs \$\d/).first().waitFor();
});

test("a mistake is told in words of the page, not of the API", async () => {
  await page.goto("/?model=no-such-net-at-all");
  const problem = page.locator("#answer .problem");
  await problem.waitFor();
  assert.doesNotMatch(await problem.innerText(), /\/v1\//);
  assert.match(await problem.innerText(), /the field “Net”/);
});

test("only the sentence is read out when the answer changes", async () => {
  await page.goto("/");
  await said().waitFor();
  const live = await page.locator("main [aria-live], main [role=status]").evaluateAll((all) => all.filter((element) => element.querySelector("table")).length);
  assert.equal(live, 0);
});

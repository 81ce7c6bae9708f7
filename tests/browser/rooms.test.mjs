// The rooms that a stranger looks for: which GPUs, which nets, about, and what stands where nothing is.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

/** Of how many GPUs the data sheets are known, and how many platforms were timed. */
async function known() {
  const { gpus } = await (await fetch(`${server.origin}/v1/gpus`)).json();
  const { platforms } = await (await fetch(`${server.origin}/v1/platforms`)).json();
  return { sheets: gpus.length, all: gpus.length + platforms.length };
}

const rows = (name) => page.getByRole("table", { name, exact: true }).locator("tbody tr");

test("an H100 is found among the GPUs, by our timings and by its data sheet, and is asked about in one click", async () => {
  await page.goto("/");
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "GPUs" }).click();
  await rows("GPUs").first().waitFor();
  await page.getByLabel("GPU or platform").fill("h100 sxm");
  const { all } = await known();
  await page.getByText(`3 of ${all} choices`).waitFor();
  assert.match(await rows("GPUs").nth(0).innerText(), /NVIDIA H100 80GB HBM3[^]*120 training[^]*3,350/);
  assert.match(await rows("GPUs").nth(1).innerText(), /NVIDIA H100 80GB HBM3[^]*25 training[^]*3,350/);
  assert.match(await rows("GPUs").nth(2).innerText(), /NVIDIA H100 SXM5 80GB[^]*by data sheet[^]*timed as h100-nchw, h100-nhwc[^]*80\.0 GB[^]*3,350/);
  await page.getByRole("link", { name: "Predict a net on NVIDIA H100 SXM5 80GB, gpu:h100" }).click();
  await page.locator("#said .verdict", { hasText: "on H100 SXM5" }).waitFor();
});

test("timed platforms say by how many timings and how far off, and the filter keeps them apart", async () => {
  const { sheets, all } = await known();
  await page.goto("/gpus");
  await page.getByLabel("Known").selectOption("by timings");
  await page.getByText(`6 of ${all} choices`).waitFor();
  const paper = await rows("GPUs").filter({ hasText: "v100x8-paper" }).innerText();
  assert.match(paper, /8 × Tesla V100 32GB[^]*187 training[^]*5\.\d %/);
  await page.waitForURL(/known=timings/);
  await page.getByLabel("Known").selectOption("by data sheet");
  await page.getByText(`${sheets} of ${all} choices`).waitFor();
  await page.goBack();
  await page.getByText(`6 of ${all} choices`).waitFor();
});

test("GPUs are sorted by a click, and what has no value comes last either way", async () => {
  await page.goto("/gpus");
  const first = () => rows("GPUs").first().innerText();
  await page.getByRole("button", { name: "Bandwidth" }).click();
  assert.match(await first(), /B200/);
  await page.getByRole("button", { name: "Bandwidth" }).click();
  assert.match(await first(), /RTX 4060\n/);
  for (const sort of ["off", "-off"]) {
    await page.goto(`/gpus?sort=${sort}`);
    await settled(page);
    assert.match(await first(), / %/);
  }
});

test("a GPU that was never timed has a page: its data sheet, what is predicted, and how to send timings", async () => {
  await page.goto("/gpus?q=h200");
  await page.getByRole("link", { name: "NVIDIA H200 SXM 141GB", exact: true }).click();
  await page.getByRole("heading", { name: "NVIDIA H200 SXM 141GB", level: 1 }).waitFor();
  await page.waitForURL(/\/platforms\/gpu(:|%3A)h200$/);
  await page.getByText("Nobody has sent timings of it yet").waitFor();
  assert.match(await page.locator("main .facts").innerText(), /141 GB[^]*4,800 GB\/s[^]*NVIDIA H200 Tensor Core GPU datasheet/);
  assert.equal(await rows("Predicted training epochs").count(), 4);
  const example = await page.locator("main pre", { hasText: "platform,device" }).innerText();
  // The example is a file that the service takes, once it has a time.
  const body = `${example.trim()}1234\n`;
  const answer = await fetch(`${server.origin}/v1/measurements?dry_run=true`, { method: "POST", headers: { "Content-Type": "text/csv", Authorization: `Bearer ${server.token}` }, body });
  const { accepted, errors } = await answer.json();
  assert.deepEqual([accepted, errors], [1, []]);
});

test("a GPU that was timed too leads to its timings, and an unknown one to the list", async () => {
  await page.goto("/platforms/gpu:v100-32gb");
  await page.getByRole("link", { name: "v100x8-paper" }).first().waitFor();
  await page.goto("/platforms/gpu:h1000");
  await page.locator(".problem", { hasText: /no data sheet of a GPU called h1000 is known/i }).waitFor();
  await page.getByRole("link", { name: "All GPUs and platforms" }).click();
  await rows("GPUs").first().waitFor();
});

test("a net is found by a part of its name or by another name, and a click asks about it", async () => {
  await page.goto("/nets");
  await page.getByText(/^[\d,]+ nets$/).waitFor();
  await page.getByLabel("Name").fill("regnety_040");
  await rows("Nets").filter({ hasText: "RegNetY-4.0GF" }).waitFor();
  assert.match(await rows("Nets").filter({ hasText: "RegNetY-4.0GF" }).innerText(), /3\.973 G\s+20\.65 M\s+12\.29 M\s+224\s+yes\s+pycls model zoo/);
  await page.getByRole("link", { name: "RegNetY-4.0GF" }).click();
  await page.locator("#said .verdict", { hasText: "RegNetY-4.0GF" }).waitFor();
});

test("nets say whether they scale, are sorted, and shown in full on demand", async () => {
  await page.goto("/nets?scales=no&sort=-flops");
  await rows("Nets").first().waitFor();
  assert.ok((await rows("Nets").allInnerTexts()).every((text) => /\tno\t/.test(text)));
  await page.goto("/nets?sort=-flops");
  await rows("Nets").first().waitFor();
  assert.equal(await rows("Nets").count(), 50);
  await page.getByRole("button", { name: /^Show all/ }).click();
  await page.waitForFunction(() => document.querySelectorAll("main tbody tr").length > 600);
  await page.goto("/nets?q=nothingiscalledso");
  await page.getByText("No net is like this").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByText(/^[\d,]+ nets$/).waitFor();
});

/** The charts of a figure of the paper, once they are drawn. */
async function figure(number) {
  const section = page.locator(`#figure-${number}`);
  await section.scrollIntoViewIfNeeded();
  await section.locator("figure .image svg").last().waitFor();
  await settled(page);
  return section;
}

test("every figure of the paper is drawn, with its points, and times are those of its platform", async () => {
  await page.goto("/");
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "The paper" }).click();
  for (const [number, charts] of [[1, 3], [2, 3], [4, 2], [5, 2], [6, 2], [7, 2], [8, 2]]) {
    const section = await figure(number);
    assert.equal(await section.locator("figure .image svg").count(), charts, String(number));
    for (const chart of await section.locator("figure").all()) assert.ok(await chart.locator(".image svg .point").count() > 2, String(number));
    assert.equal(await section.locator(".problem").count(), 0);
  }
  const times = page.locator("#figure-4 figcaption", { hasText: "Epoch time" });
  assert.match(await times.innerText(), /predicted on v100x8-paper[^]*the points are the paper's own times/);
  assert.equal(await page.getByLabel("Times on").inputValue(), "v100x8-paper");
});

test("the paper's times are predicted on another platform, and of the other RegNet, on demand", async () => {
  await page.goto("/paper#figure-5");
  const five = await figure(5);
  await five.getByRole("radio", { name: "RegNetZ-500MF" }).check();
  await five.locator("figcaption", { hasText: "Top-1 error of RegNetZ-500MF" }).waitFor();
  await page.getByLabel("Times on").selectOption("gpu:h100");
  await five.locator("figcaption", { hasText: "predicted on gpu:h100" }).waitFor();
  await page.waitForURL(/net5=RegNetZ-500MF/);
  await page.waitForURL(/platform=gpu(:|%3A)h100/);
  // What was chosen is in the address.
  await page.reload();
  await (await figure(5)).locator("figcaption", { hasText: /RegNetZ-500MF[^]*predicted on gpu:h100/ }).waitFor();
});

test("a point of the paper's Fig. 2 opens its measurement", async () => {
  await page.goto("/paper#figure-2");
  const two = await figure(2);
  await two.locator("svg .point").first().focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("Fig. 2, read off the plot").first().waitFor();
});

test("every page's footer leads to version, licence, words and how to cite", async () => {
  const { version } = await (await fetch(`${server.origin}/v1/version`)).json();
  for (const path of ["/", "/explore", "/nets", "/platforms/v100x8-pycls", "/upload", "/docs", "/nowhere"]) {
    await page.goto(path);
    const footer = page.getByRole("contentinfo");
    assert.match(await footer.innerText(), new RegExp(`epochcast ${version}[^]*MIT OR Apache-2.0`), path);
  }
  await page.getByRole("contentinfo").getByRole("link", { name: "Cite" }).click();
  await page.getByRole("heading", { name: "How to cite" }).waitFor();
  assert.match(await page.locator("main pre").innerText(), new RegExp(`@inproceedings\\{dollar2021fast[^]*version = \\{${version}\\}`));
});

test("an unknown address is a page that names it and leads on", async () => {
  const answer = await page.goto("/gpu");
  assert.equal(answer.status(), 404);
  await page.getByRole("heading", { name: "Nothing is here" }).waitFor();
  await page.locator("code", { hasText: /^\/gpu$/ }).waitFor();
  await page.getByRole("main").getByRole("link", { name: "GPUs" }).click();
  await rows("GPUs").first().waitFor();
});

test("without any timing the GPUs and nets are listed all the same, and no time is said", async () => {
  const empty = await serve("--no-seed");
  const { page, faults } = await open(browser, empty.origin);
  await page.goto("/gpus");
  await page.getByText(`${(await known()).sheets} choices`).waitFor();
  await page.goto("/platforms/gpu:h100");
  await page.getByText("no platform has training timings that could be scaled").waitFor();
  await page.goto("/nets");
  await page.getByText(/^[\d,]+ nets$/).waitFor();
  await page.goto("/paper");
  await page.locator("#figure-1 figcaption", { hasText: "Top-1 error" }).waitFor();
  await page.locator("#figure-1 figcaption", { hasText: "No platform has timings" }).waitFor();
  assert.deepEqual(faults, []);
  await page.context().close();
  await empty.stop();
});

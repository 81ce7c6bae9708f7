// Exploring a net: by name and by description, compared, by mouse and by keyboard, shared by its URL.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { answered, launch, open, serve, settled } from "./server.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const verdict = () => page.locator(".verdict").innerText();

test("the start page predicts a net that is typed, completed and chosen by keyboard alone", async () => {
  await page.goto("/");
  await settled(page);
  const field = page.getByRole("combobox", { name: "Net", exact: true });
  await field.focus();
  await page.keyboard.type("resnet50");
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".verdict", { hasText: "ResNet-50, scaled 4× by dWr" }).waitFor();
  await page.waitForURL(/model=ResNet-50/);
  await page.locator("#platform-table").getByRole("link", { name: "v100x8-paper" }).waitFor();
});

test("a URL that was copied gives the same picture, and Back goes back", async () => {
  await page.goto("/explore?model=ResNet-50&strategy=w&factor=2");
  await settled(page);
  await page.getByLabel("Scaled by").selectOption("d");
  await page.locator(".verdict", { hasText: "by d takes" }).waitFor();
  await settled(page);
  const [url, said, counts] = [page.url(), await verdict(), await page.getByRole("table", { name: "Counts of the net" }).innerText()];
  const other = await open(browser, server.origin);
  await other.page.goto(url);
  await settled(other.page);
  assert.equal(await other.page.locator(".verdict").innerText(), said);
  assert.equal(await other.page.getByRole("table", { name: "Counts of the net" }).innerText(), counts);
  assert.deepEqual(other.faults, []);
  await other.page.context().close();
  await page.goBack();
  await page.locator(".verdict", { hasText: "by w takes" }).waitFor();
  assert.equal(await page.getByLabel("Scaled by").inputValue(), "w");
});

test("a description is pasted, α and the factor are moved by keyboard", async () => {
  await page.goto("/explore");
  await settled(page);
  await page.getByRole("radio", { name: "description" }).check();
  await page.getByLabel("Description", { exact: true }).fill('{"family": "regnet", "depth": 18, "w0": 80, "wa": 34.01, "wm": 2.25, "group_w": 24}');
  await page.locator(".verdict", { hasText: "your net" }).waitFor();
  await page.getByLabel("Scaled by").selectOption("alpha");
  await page.getByRole("slider", { name: /^α/ }).focus();
  await page.keyboard.press("ArrowRight");
  await page.locator(".verdict", { hasText: "α = 0.75" }).waitFor();
  await page.getByRole("slider", { name: /Factor/ }).focus();
  await page.keyboard.press("End");
  await page.locator(".verdict", { hasText: "scaled 64×" }).waitFor();
  await settled(page);
  await page.waitForURL(/alpha=0.75/);
  await page.waitForURL(/spec=/);
});

test("a YAML config of pycls is pasted as it is, and travels in the URL", async () => {
  const config = "MODEL:\n  TYPE: regnet\n  NUM_CLASSES: 1000\nREGNET:\n  DEPTH: 22\n  W0: 96\n  WA: 31.41\n  WM: 2.24\n  GROUP_W: 64\n  SE_ON: True\n";
  await page.goto("/explore?strategy=none");
  await settled(page);
  await page.getByRole("radio", { name: "description" }).check();
  const box = page.getByLabel("Description", { exact: true });
  await box.fill("MODEL");
  await page.getByText("nor a config of pycls").waitFor();
  await box.fill(config);
  await page.locator(".verdict", { hasText: "your net" }).waitFor();
  // RegNetY-4.0GF at 224 pixels: what pycls itself counts.
  await page.getByText("20,646,656").waitFor();
  await page.goto(page.url());
  await settled(page);
  assert.equal(await box.inputValue(), config);
});

test("costs alone are predicted unscaled, and told apart from a net where layers are needed", async () => {
  const costs = encodeURIComponent('{"flops": 4e9, "params": 2e7, "acts": 1e7}');
  await page.goto(`/explore?spec=${costs}`);
  await page.locator(".verdict", { hasText: "of your net takes" }).waitFor();
  for (const view of ["compare", "plan", "time"]) {
    await page.goto(`/explore?spec=${costs}&view=${view}&flops=8G`);
    await page.locator(`#${view} .note`, { hasText: "Only the costs of your net are given" }).waitFor();
    await settled(page);
    assert.equal(await page.locator(`#${view} figure:visible`).count(), 0);
  }
});

test("a net that nobody knows is refused in words, with the id of the request", async () => {
  await page.goto("/explore?model=ResNet-51");
  const problem = page.locator("#scale .problem");
  await problem.waitFor();
  assert.match(await problem.innerText(), /no net is called ResNet-51.*did you mean.*Request [0-9a-f]+/is);
});

test("a named net of which only the costs are known is predicted as it is, and that is said", async () => {
  await page.goto("/explore?model=efficientnet_cc_b0_4e&alpha=0.7");
  await page.locator("#scale .verdict", { hasText: "it is predicted as it is" }).waitFor();
  await page.locator(".verdict", { hasText: "of efficientnet_cc_b0_4e takes" }).waitFor();
  await page.getByText("What these stand on").click();
  await page.getByText("By its costs this is efficientnet_cc_b0_4e as published").waitFor();
});

test("of a net that is bound to its resolution the other ways are compared, and the page says why the rest is not", async () => {
  await page.goto("/explore?model=swin_tiny_patch4_window7_224&platform=rtx3090-nchw&view=compare");
  await settled(page);
  const section = page.locator("#compare");
  const said = section.locator(".note", { hasText: "This net cannot be scaled by the factors of the table by r; dwr" });
  await said.getByText("Why").click();
  await said.getByText("takes images of 224 pixels, and of no side near the scaled one").first().waitFor();
  const rows = section.getByRole("table", { name: /Epoch time/ }).getByRole("rowheader");
  assert.deepEqual(await rows.allInnerTexts(), ["d", "w", "dWr"]);
  await section.locator("figcaption", { hasText: "Left out: r;" }).waitFor();
  await page.goto("/explore?model=swin_tiny_patch4_window7_224&platform=rtx3090-nchw&view=plan&flops=20G");
  await settled(page);
  await page.getByText("No net within the limits: r (stopped by what can be made of this net)").waitFor();
});

test("a net that cannot be scaled as the page begins is predicted as it is, with the reason, and refused where the address asks for it", async () => {
  await page.goto("/explore?model=swin_tiny_patch4_window7_224&platform=rtx3090-nchw");
  await page.locator("#scale .verdict", { hasText: "cannot be scaled 4× by dWr, since this net takes images of 224 pixels, and of no side near the scaled one: it is predicted as it is." }).waitFor();
  await page.goto("/?model=swin_tiny_patch4_window7_224&platform=rtx3090-nchw");
  await page.locator(".verdict", { hasText: "it is predicted as it is" }).waitFor();
  await page.goto("/explore?model=swin_tiny_patch4_window7_224&platform=rtx3090-nchw&factor=4");
  await page.locator("#scale .problem", { hasText: "this net takes images of 224 pixels" }).waitFor();
});

test("what a page does not read in its address is named, with the name that it reads", async () => {
  for (const path of ["/", "/explore"]) {
    await page.goto(`${path}?net=ResNet-50&utm_source=x`);
    await page.locator("#unread", { hasText: "The answer is without what this page does not read in its address: net (here it is called model)." }).waitFor();
    await page.goto(`${path}?model=ResNet-50&level=0.8`);
    await page.locator(".verdict").waitFor();
    assert.ok(await page.locator("#unread").isHidden());
  }
});

test("strategies are compared over factors, in one table", async () => {
  await page.goto("/explore?model=RegNetY-500MF&platform=v100x8-paper&view=compare");
  await settled(page);
  const section = page.locator("#compare");
  await section.getByLabel("acts").check();
  await section.getByRole("heading", { name: "Acts by strategy and factor" }).waitFor();
  await page.waitForURL(/y=acts/);
  await section.getByLabel("orig").focus();
  await page.keyboard.press("Space");
  await section.getByRole("rowheader", { name: "orig" }).waitFor();
});

test("the calls under a view work as pasted", async () => {
  await page.goto("/explore?model=ResNet-50&strategy=w&factor=2");
  await settled(page);
  await page.locator("#scale summary", { hasText: "Call this" }).click();
  const curl = await page.locator("#scale .call pre").nth(1).innerText();
  assert.ok(curl.includes(server.origin));
  const answer = answered(curl);
  assert.equal(answer.base.name, "ResNet-50");
  assert.ok(answer.predictions.length > 0);
});

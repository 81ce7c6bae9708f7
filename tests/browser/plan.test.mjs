// Planning for a budget, and where the time goes: by mouse and by keyboard, shared by URL, with calls that work as pasted.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { answered, launch, open, serve, settled } from "./server.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const verdict = (page) => page.locator("#plan .verdict");
const rows = (page) => page.locator("#plan tbody tr");
const PLAN = "/explore?model=RegNetY-4GF&view=plan&platform=v100x8-paper";

test("a budget is planned by keyboard alone, and its URL gives the same table elsewhere", async () => {
  await page.goto("/explore?model=RegNetY-4GF&platform=v100x8-paper");
  await settled(page);
  await page.getByRole("link", { name: "Plan", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("No limit is set yet").waitFor();
  await page.getByLabel("Epoch at most").focus();
  await page.keyboard.type("10 min");
  await page.keyboard.press("Enter");
  await verdict(page).waitFor();
  await settled(page);
  await page.waitForURL(/view=plan.*epoch=10\+min/);
  assert.equal(await page.locator("#plan").getByRole("link", { name: "dWr", exact: true }).count(), 1);
  const minutes = await page.locator("#plan tbody td:nth-child(6)").allInnerTexts();
  await page.locator("#plan thead", { hasText: "Epoch s" }).waitFor();
  assert.ok(minutes.length > 8 && minutes.every((text) => Number.parseFloat(text) <= 600), String(minutes));
  const other = await open(browser, server.origin);
  await other.page.goto(page.url());
  await settled(other.page);
  assert.equal(await other.page.locator("#plan table").innerText(), await page.locator("#plan table").innerText());
  await other.page.context().close();
  await page.goBack();
  await page.getByText("No limit is set yet").waitFor();
});

test("an option leads to the view of its net, and Back returns to the plan", async () => {
  await page.goto(`${PLAN}&flops=8+G`);
  await settled(page);
  await rows(page).getByRole("link", { name: "dWr", exact: true }).click();
  await page.locator("#scale .verdict", { hasText: "by dWr takes" }).waitFor();
  await page.waitForURL(/factor=\d\.\d+/);
  await page.goBack();
  await verdict(page).waitFor();
});

test("a budget that nothing keeps says which limit is too narrow", async () => {
  await page.goto(`${PLAN}&flops=1`);
  await verdict(page).getByText("Nothing fits.").waitFor();
  assert.match(await verdict(page).innerText(), /limit on flops/);
  assert.equal(await rows(page).count(), 0);
});

test("a text that is no quantity, and a limit without what it needs, are told at their field", async () => {
  await page.goto(`${PLAN}&epoch=10+parsecs`);
  await page.getByText("10 parsecs is no time: write one such as").waitFor();
  assert.equal(await page.getByLabel("Epoch at most").getAttribute("aria-invalid"), "true");
  await page.goto(`${PLAN}&cost=600`);
  await page.locator("#plan .problem").waitFor();
  assert.equal(await page.getByLabel("Price per hour", { exact: true }).getAttribute("aria-invalid"), "true");
  await page.getByLabel("Price per hour", { exact: true }).fill("24");
  await page.getByLabel("Epochs").fill("90");
  await page.keyboard.press("Enter");
  await rows(page).first().getByText(/costs \$\d/).waitFor();
});

test("an empty plan teaches by an example, with one click", async () => {
  await page.goto(PLAN);
  await page.getByRole("button", { name: "a batch of 256 in 16 GB on each device" }).click();
  await rows(page).first().getByText("32 images").waitFor();
  assert.equal(await page.getByLabel("Memory of a device").inputValue(), "16 GB");
});

test("where the time goes is said by stage and by kind of layer", async () => {
  await page.goto("/explore?model=RegNetY-4GF&strategy=none&view=time&platform=v100x8-paper");
  await page.locator("#time .verdict", { hasText: "of the time goes into" }).waitFor();
  const share = async (caption) => (await page.getByRole("table", { name: caption }).locator("tbody td:nth-child(2)").allInnerTexts()).reduce((sum, text) => sum + Number.parseFloat(text), 0);
  for (const caption of ["Time by stage", "Time by kind of layer"]) {
    const sum = await share(caption);
    // What belongs to no layer is not in the tables, and each share is rounded to a tenth.
    assert.ok(sum > 90 && sum < 100.5, `${caption}: ${sum}`);
  }
  await page.getByRole("rowheader", { name: "resolution" }).waitFor();
});

test("the calls under the plan and the stages work as pasted", async () => {
  for (const [url, view, field] of [[`${PLAN}&epoch=10+min`, "plan", "options"], ["/explore?view=time", "time", "explanations"]]) {
    await page.goto(url);
    await settled(page);
    await page.locator(`#${view} summary`, { hasText: "Call this" }).click();
    const answer = answered(await page.locator(`#${view} .call pre`).nth(1).innerText());
    assert.ok(answer[field].length > 0);
  }
});

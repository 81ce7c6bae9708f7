// Sending a file: 40,000 rows of which 7 are wrong; those are fixed, all is saved, all is undone.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";
import { timings } from "./timings.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const ROWS = 40000;
const WRONG = [2, 100, 5000, 12345, 20000, 33333, 40001];

const rows = (page, verdict) => page.locator("#result tr", { hasText: verdict }).first().locator("td").first().innerText();

test("7 wrong rows of 40,000 are listed, fixed, saved with the others, and undone", async () => {
  await page.goto("/upload");
  await page.getByLabel("File of timings").setInputFiles({ name: "timings.csv", mimeType: "text/csv", buffer: timings("forty", ROWS, WRONG) });
  await page.getByText("The rows name forty.").waitFor();
  assert.equal(await page.getByLabel("Format").inputValue(), "text/csv");
  await page.getByLabel("Token").fill(server.token);
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByText("7 rows to fix").waitFor({ timeout: 60000 });
  assert.equal(await rows(page, "rejected"), "7");
  const cells = page.locator("#fix").getByRole("textbox", { name: "images_per_second" });
  assert.equal(await cells.count(), 7);
  for (let i = 0; i < 7; i += 1) {
    const label = await page.locator("#fix").getByRole("textbox", { name: "label" }).nth(i).inputValue();
    const acts = 2e6 + 900 * Number(label.slice(4)) + 1e6;
    await cells.nth(i).fill((1e9 / acts).toFixed(4));
  }
  await page.getByRole("button", { name: "Check the fixed rows" }).click();
  await page.getByRole("button", { name: /^Save/ }).and(page.locator(":not([disabled])")).waitFor({ timeout: 60000 });
  await page.locator("#fix").waitFor({ state: "detached", timeout: 60000 });
  assert.equal(await rows(page, "rejected"), "0");
  await page.getByRole("button", { name: "Save 40,000 rows" }).click();
  await page.getByRole("heading", { name: "Saved" }).waitFor({ timeout: 60000 });
  await page.waitForURL(/upload=\d+/);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("heading", { name: "Taken out" }).waitFor({ timeout: 60000 });
  await page.getByRole("button", { name: "Put it back" }).click();
  await page.getByRole("heading", { name: "Saved" }).waitFor({ timeout: 60000 });
});

test("pasted rows are checked, saved and undone by keyboard alone", async () => {
  await page.goto("/upload");
  await page.getByText("Paste instead").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.insertText(timings("typed", 20).toString());
  await page.getByText("The rows name typed.").waitFor();
  await page.getByLabel("Token").focus();
  await page.keyboard.insertText(server.token);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Save 20 rows" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Saved" }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Taken out" }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
});

test("counts of another net, and rows in no group, are told with what to send", async () => {
  const row = (flops, params) => JSON.stringify({ platform: { id: "counted", device: "NVIDIA GeForce RTX 3090", precision: "amp" }, mode: "train", label: "resnet50",
    resolution: 224, images_per_second: 800, batch_size: 128, complexity: { flops, params, acts: 1.1e7 } });
  await page.goto("/upload");
  const buffer = Buffer.from(`${row(4.1e9, 25.6e6)}\n${row(1.8e9, 11.7e6)}\n`);
  await page.getByLabel("File of timings").setInputFiles({ name: "counted.ndjson", mimeType: "application/x-ndjson", buffer });
  await page.getByLabel("Token").fill(server.token);
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByText("has 0.44 times its flops").waitFor();
  await page.getByText(/so it is in the group .?other.?\. Send .?family.? as .?resnet.? too/).waitFor();
});

test("a wrong token is refused in words, and one that is missing is asked for", async () => {
  await page.goto("/upload");
  await page.getByLabel("File of timings").setInputFiles({ name: "timings.csv", mimeType: "text/csv", buffer: timings("none", 3) });
  await page.getByRole("button", { name: "Check without storing" }).click();
  assert.equal(await page.evaluate(() => document.activeElement.type), "password");
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByText("this token is unknown, revoked or expired").waitFor();
  await page.getByText(/Request [0-9a-f]+/).waitFor();
});

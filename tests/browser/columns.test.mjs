// A lab's own files: templates to begin with, columns that are chosen, and units that are never guessed.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const choose = async (text, name = "lab.csv") => {
  await page.goto("/upload");
  await page.getByLabel("File of timings").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
};
const check = async () => {
  await page.getByLabel("Token").fill(server.token);
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByRole("heading", { name: "What would become of it" }).waitFor();
};
const rows = (verdict) => page.locator("#result tr", { hasText: verdict }).first().locator("td").first().innerText();

test("each template can be downloaded, and is accepted as it is", async () => {
  await page.goto("/upload");
  const links = page.locator(".templates a");
  assert.equal(await links.count(), 6);
  for (let i = 0; i < 6; i += 1) {
    await page.goto("/upload");
    const [file] = await Promise.all([page.waitForEvent("download"), links.nth(i).click()]);
    const text = await readFile(await file.path(), "utf8");
    assert.equal(text.trim().split("\n").length, 2);
    await page.getByLabel("File of timings").setInputFiles({ name: file.suggestedFilename(), mimeType: "text/csv", buffer: Buffer.from(text) });
    await page.locator(".speeds").waitFor();
    assert.equal(await page.getByRole("heading", { name: "Your columns" }).count(), 0);
    assert.equal(await page.locator(".note").count(), 0);
    await check();
    assert.equal(await rows("rejected"), "0", file.suggestedFilename());
    assert.equal(await rows("accepted"), "1", file.suggestedFilename());
  }
});

test("every column that is read is listed with an example, and no other", async () => {
  await page.goto("/upload");
  await page.getByText("All columns, each with an example").click();
  const listed = await page.getByRole("table", { name: "Columns of a CSV" }).locator("tbody th").allInnerTexts();
  const headers = { "Content-Type": "text/csv", Authorization: `Bearer ${server.token}` };
  // The export has all columns that are read.
  const known = (await (await fetch(`${server.origin}/v1/measurements.csv`)).text()).split("\n")[0].split(",");
  assert.deepEqual([...listed, "verdict"].sort(), [...known].sort());
  const answer = await fetch(`${server.origin}/v1/measurements?dry_run=true`, { method: "POST", headers, body: `${listed.join(",")}\n` });
  assert.equal(answer.status, 200, await answer.text());
});

test("a lab's own columns are mapped by choosing, and its milliseconds are sent as such", async () => {
  await choose("Network,Batch,Step time (ms),GPU util,img_size\nresnet50,256,169.5,98,224\nregnety_040,256,310,97,224\nefficientnet_b0,256,240,91,224\n");
  await page.getByRole("heading", { name: "Your columns" }).waitFor();
  assert.equal(await page.getByLabel("Net", { exact: true }).locator("option:checked").innerText(), "Network");
  assert.equal(await page.getByLabel("Time or speed").locator("option:checked").innerText(), "Step time (ms)");
  assert.equal(await page.getByLabel("Its unit").inputValue(), "step_ms");
  assert.equal(await page.getByLabel("Batch size, all devices").locator("option:checked").innerText(), "Batch");
  assert.equal(await page.getByLabel("Resolution").locator("option:checked").innerText(), "img_size");
  await page.locator(".speeds", { hasText: "825.8 (regnety_040) at least, 1,067 (efficientnet_b0) in the middle, 1,510 (resnet50) at most, of 3 rows" }).waitFor();
  await page.getByLabel("GPU", { exact: true }).fill("NVIDIA GeForce RTX 4090");
  await page.getByLabel("Precision").selectOption("amp");
  await page.getByLabel("Platform").fill("lab-4090");
  await page.getByLabel("Mode").selectOption("train");
  await check();
  assert.equal(await rows("accepted"), "3");
  await page.getByRole("button", { name: "Save 3 rows" }).click();
  await page.getByRole("heading", { name: "Saved" }).waitFor();
  const { measurements } = await (await fetch(`${server.origin}/v1/measurements?platform=lab-4090`)).json();
  const resnet = measurements.find(({ model }) => /resnet/i.test(model.name));
  assert.equal(resnet.batch_size, 256);
  assert.ok(Math.abs(resnet.seconds_per_image - 0.1695 / 256) < 1e-9);
});

test("a unit that the header does not say has to be chosen before anything is checked", async () => {
  await choose("model;batch size;step_time\nresnet50;256;0,1695\n");
  await page.getByLabel("Token").fill(server.token);
  assert.equal(await page.getByLabel("Its unit").inputValue(), "");
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByText("Choose the unit of “step_time”: the file does not say it.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.labels[0].textContent), "Its unit");
  assert.equal(await page.getByRole("heading", { name: "What would become of it" }).count(), 0);
  await page.getByLabel("Its unit").selectOption("step_s");
  await page.locator(".speeds", { hasText: "1,510 (resnet50)" }).waitFor();
  await page.getByLabel("Platform").fill("rtx4090-nchw");
  await page.getByLabel("Mode").selectOption("train");
  await check();
  assert.equal(await rows("rejected"), "0");
});

test("what was fixed in a row is kept when other columns are chosen, and told where it cannot be", async () => {
  await choose("Network,Arch,Batch,Step time (ms)\nresnet50,x,256,309.5\nresnet5O,y,256,490\nefficientnet_b0,z,256,slow\n");
  await page.getByLabel("Platform").fill("rtx3090-nchw");
  await page.getByLabel("Mode").selectOption("train");
  await check();
  assert.equal(await rows("rejected"), "2");
  const cell = (line, name) => page.locator("#fix tr", { has: page.getByRole("cell", { name: String(line), exact: true }) }).getByRole("textbox", { name, exact: true });
  await cell(3, "name").fill("resnet101");
  await page.getByRole("button", { name: "Check the fixed rows" }).click();
  await page.locator("#fix").getByText("1 row to fix").waitFor();
  // This one is written, but not checked, when something else is chosen.
  await cell(4, "step_seconds").fill("0.34");
  await page.getByLabel("Batch size, all devices").selectOption("-1");
  await page.getByLabel("Batch of all rows").fill("128");
  await page.keyboard.press("Tab");
  await page.getByText("2 cells that you fixed are kept.").waitFor();
  assert.equal(await page.locator("#result").innerText(), "");
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByRole("heading", { name: "What would become of it" }).waitFor();
  assert.equal(await rows("rejected"), "0");
  await page.getByLabel("Its unit").selectOption("step_s");
  await page.getByText("1 cell that you fixed is kept, 1 left out, since its column is read otherwise now.").waitFor();
  await page.getByLabel("Net", { exact: true }).selectOption({ label: "Arch" });
  await page.getByText("0 cells that you fixed are kept, 2 left out").waitFor();
  await page.getByLabel("Net", { exact: true }).selectOption({ label: "Network" });
  await page.getByLabel("Its unit").selectOption("step_ms");
  await page.getByText("2 cells that you fixed are kept.").waitFor();
});

test("a speed of each GPU is sent as that of all, and an epoch asks for its images", async () => {
  await choose("arch,images/sec/gpu\nresnet50,400\n");
  assert.equal(await page.getByLabel("Its unit").inputValue(), "images_per_second_each");
  await page.getByLabel("How many").fill("8");
  await page.keyboard.press("Tab");
  await page.locator(".speeds", { hasText: "3,200 (resnet50)" }).waitFor();
  await page.getByLabel("Its unit").selectOption("epoch_min");
  await page.getByLabel("Images of an epoch").fill("50,000");
  await page.keyboard.press("Tab");
  await page.locator(".speeds", { hasText: "2.083 (resnet50)" }).waitFor();
});

test("rows in JSON have their speeds shown too, and a known GPU is held against its data sheet", async () => {
  const row = (name, speed) => ({ platform: { id: "lab-h100", device: "NVIDIA H100 80GB HBM3" }, mode: "train", model: { name }, images_per_second: speed });
  await page.goto("/upload");
  await page.getByText("Paste instead").click();
  await page.getByLabel("Rows").fill(JSON.stringify([row("ResNet-50", 2600), row("RegNetY-4GF", 1900)]));
  await page.locator(".speeds", { hasText: "1,900 (RegNetY-4GF) at least" }).waitFor();
  assert.equal(await page.locator(".note").count(), 0);
  await page.getByLabel("Rows").fill(JSON.stringify([row("ResNet-50", 260000), row("RegNetY-4GF", 190000)]));
  await page.locator(".note", { hasText: "No GPU is that fast." }).waitFor();
});

test("checking without a token says in words what it takes", async () => {
  await choose("platform,mode,name,batch_size,images_per_second\nrtx4090-nchw,train,ResNet-50,256,1510\n");
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByText("Checking needs a token too").waitFor();
  await page.getByLabel("Token").fill(server.token);
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByRole("heading", { name: "What would become of it" }).waitFor();
  assert.equal(await page.getByText("Checking needs a token too").count(), 0);
});

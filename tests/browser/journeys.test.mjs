// Twelve people and what they came for, from the first address or command to the answer. Each was stuck on the way once. The
// table of their steps and times is printed at the end.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach } from "node:test";
import { journey } from "./journey.mjs";
import { launch, open, serve, settled, shell } from "./server.mjs";
import { timings } from "./timings.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const said = (where = "#said") => page.locator(`${where} .verdict`);
const net = () => page.getByRole("combobox", { name: "Net", exact: true });
const rows = () => page.getByRole("table", { name: "Predicted epoch on each GPU" }).locator("tbody tr");
const heading = (name) => page.getByRole("heading", { name, exact: true }).waitFor();
const press = (name) => page.getByRole("button", { name }).click();
const follow = (name) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();

/** Types `text` into the field that is `labelled`, and Enter. */
async function type(field, text) {
  await field.fill(text);
  await page.keyboard.press("Enter");
}

/** Chooses a file that was made of `text`. */
const choose = (name, text) => page.getByLabel("File of timings").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

/** The file that `click` downloads, as text. */
async function saved(click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  return readFile(await download.path(), "utf8");
}

/** The time that a sentence says. */
const time = (text) => text.match(/takes (.+?) on /)[1];

const instead = (_, action) => action();
/** How many timings a prediction of ResNet-50 on `platform` stands on, as its page says it. */
async function standing(platform, step = instead) {
  await step("open the prediction", () => page.goto(`/?model=ResNet-50&strategy=none&platform=${platform}`));
  await step("open What these stand on", () => page.getByText("What these stand on").click());
  return Number.parseInt(await page.getByRole("table", { name: "What each prediction stands on" }).locator("tbody td").nth(1).innerText());
}

journey("the time of a net that is scaled by a factor that they type", async (step) => {
  await step("open /", () => page.goto("/"));
  await settled(page);
  await step("type RegNetY-800MF", () => type(net(), "RegNetY-800MF"));
  await step("type the factor 8", () => page.getByLabel("Factor").fill("8"));
  await step("press Predict", () => press("Predict"));
  await said().getByText("RegNetY-800MF, scaled 8× by dWr").waitFor();
  assert.equal(await page.getByLabel("Factor").inputValue(), "8");
  await page.waitForURL(/factor=8/);
  return time(await said().innerText());
});

journey("a comparison as a file, from a service that nobody reads without a token", async (step) => {
  const hidden = await serve("--require-token");
  await page.context().close();
  ({ page, faults } = await open(browser, hidden.origin));
  await step("open /", () => page.goto("/"));
  const bar = page.getByRole("form", { name: "Token" });
  await step("paste the token", () => bar.getByLabel("Token").fill(hidden.token));
  await step("press Use it", () => bar.getByRole("button", { name: "Use it" }).click());
  await said().waitFor();
  await step("follow Explore a net", () => follow("Explore a net"));
  await step("follow Compare", () => page.getByRole("link", { name: "Compare", exact: true }).click());
  await page.locator("#compare figure .image svg").waitFor();
  const csv = await step("save the CSV", () => saved(() => page.locator("#compare figure").getByRole("link", { name: "CSV", exact: true }).click()));
  assert.match(csv, /^[^\n]*seconds[^\n]*\n[^\n]*\d/);
  await page.goto("about:blank");
  await hidden.stop();
  return `a CSV of ${csv.trim().split("\n").length - 1} rows`;
});

journey("to send timings whose milliseconds are called seconds", async (step) => {
  const lines = Array.from({ length: 296 }, (_, i) => `lab-a2000,NVIDIA RTX A2000,train,net-${i},${1e9 + i * 2e7},1e7,${4e6 + i * 1e5},256,${200 + i * 5}`);
  await step("open /upload", () => page.goto("/upload"));
  await step("choose the file", () => choose("lab.csv", `platform,device,mode,label,flops,params,acts,batch_size,step_seconds\n${lines.join("\n")}\n`));
  await page.locator(".note", { hasText: "No GPU is that slow. net-147, in the middle, would have 0.273" }).waitFor();
  await step("paste the token", () => page.getByLabel("Token").fill(server.token));
  await step("press Check", () => press("Check without storing"));
  await page.locator("#result .note", { hasText: "cannot be true of any GPU" }).waitFor();
  await step("press They are milliseconds", () => press("They are milliseconds"));
  await page.locator(".speeds", { hasText: "1,280 (net-0) at most, of 296 rows" }).waitFor();
  assert.equal(await page.locator(".note").count(), 0);
  await step("press Check", () => press("Check without storing"));
  await heading("What would become of it");
  assert.equal(await page.locator("#result .note").count(), 0);
  await step("press Save", () => press(/^Save/));
  await heading("Saved");
  const { measurements } = await (await fetch(`${server.origin}/v1/measurements?platform=lab-a2000&limit=1`)).json();
  assert.ok(Math.abs(measurements[0].seconds_per_image - 0.2 / 256) < 1e-9);
  const count = await standing("lab-a2000", step);
  assert.equal(count, 296);
  return `a prediction that stands on ${count} timings`;
});

journey("the largest net that eight V100s of 16 GB hold", async (step) => {
  await step("open /", () => page.goto("/"));
  await said().waitFor();
  await step("follow Explore a net", () => follow("Explore a net"));
  await step("follow Plan", () => page.getByRole("link", { name: "Plan", exact: true }).click());
  await step("press the chip 8 × Tesla V100 32GB", () => page.getByRole("button", { name: "8 × Tesla V100 32GB", exact: true }).click());
  await step("type 16 GB", () => type(page.getByLabel("Memory of a device"), "16 GB"));
  await said("#plan").filter({ hasText: "32 images in a step on a device" }).waitFor();
  assert.equal(await page.getByLabel("Batch, all devices").inputValue(), "256");
  await page.getByText("Filled in, since memory depends on it: 32 images on each of 8 devices").waitFor();
  await page.waitForURL(/batch=256/);
  // An image a step was said to fit by a factor of 1,020.
  const factor = Number.parseFloat(await page.locator("#plan tbody tr td").first().innerText());
  assert.ok(factor > 1 && factor < 100, String(factor));
  return `${factor}×, by ${await page.locator("#plan tbody tr th").first().innerText()}`;
});

journey("the time of a net of which only the costs are known, and then of one that scales", async (step) => {
  await step("open /", () => page.goto("/"));
  await settled(page);
  await step("type efficientnet_cc_b0_4e", async () => {
    await net().click();
    await page.keyboard.type("efficientnet_cc_b0_4e");
    await page.getByRole("option", { name: /^efficientnet_cc_b0_4e.*as it is only/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
  });
  await said().getByText("efficientnet_cc_b0_4e takes").waitFor();
  await said().getByText("Only the costs of efficientnet_cc_b0_4e are known here").waitFor();
  const first = time(await said().innerText());
  assert.equal(await page.locator(".problem").count(), 0);
  for (const field of ["Scaled by", "Factor"]) assert.ok(await page.getByLabel(field).isDisabled());
  await step("type resnet50", async () => {
    await net().click();
    // The field is still in focus, so a click does not choose what stands in it.
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("resnet50");
    await page.getByRole("option", { name: /ResNet-50.*scales/ }).first().click();
  });
  await said().getByText("ResNet-50, scaled 4× by dWr").waitFor();
  assert.ok(await page.getByLabel("Scaled by").isEnabled());
  return `${first}; ${time(await said().innerText())}`;
});

journey("the time, memory and cost of an epoch on a GPU that nobody timed, beside one that was", async (step) => {
  await step("open /", () => page.goto("/"));
  await settled(page);
  await step("type h200", async () => {
    await page.getByRole("combobox", { name: "GPUs" }).click();
    await page.keyboard.type("h200");
    await page.getByRole("option", { name: /H200/ }).first().waitFor();
    await page.keyboard.press("Enter");
  });
  const row = rows().filter({ hasText: "H200" });
  await row.waitFor();
  await page.waitForURL(/platform=.*gpu:h200/);
  await step("type its price, $3", () => type(page.getByLabel("Price per hour of H200 SXM 141GB, all devices"), "$3"));
  await row.getByText(/^\$\d+\.\d\d$/).waitFor();
  await row.getByText(/\d images ?fit in/).waitFor();
  await row.locator("svg.interval-figure:not(.axis)").waitFor();
  await page.locator(".legend", { hasText: "90 % of new timings lie within" }).waitFor();
  await page.locator("thead .axis text").first().waitFor({ state: "attached" });
  await page.locator(".note", { hasText: "fewer than 20 timings are known of NVIDIA H200" }).waitFor();
  await page.waitForURL(/prices=gpu:h200(~|%7E)(\$|%24)3/);
  assert.ok(await rows().filter({ hasText: "V100" }).count() > 0);
  return `${await row.locator("td strong").first().innerText()} and ${await row.getByText(/^\$\d+\.\d\d$/).innerText()} an epoch`;
});

journey("the time of a net of their own, of which they know the costs", async (step) => {
  await step("open /explore", () => page.goto("/explore"));
  await said("#scale").waitFor();
  await step("choose description", () => page.getByRole("radio", { name: "description" }).check());
  await step("paste the costs", () => page.getByLabel("Description", { exact: true }).fill('{"flops": 4e9, "params": 2e7, "acts": 1e7}'));
  await said("#scale").filter({ hasNotText: "RegNetY-4GF" }).waitFor();
  await settled(page);
  assert.ok(await page.getByLabel("Scaled by").isDisabled());
  const before = time(await said("#scale").innerText());
  await step("open Data, batch, interval, group", () => page.getByText("Data, batch, interval, group").click());
  await step("type the group regnety", () => type(page.getByLabel("Timing group"), "regnety"));
  await page.waitForURL(/family=regnety/);
  await settled(page);
  const grouped = time(await said("#scale").innerText());
  assert.notEqual(grouped, before);
  return `${before}, as a regnety ${grouped}`;
});

journey("to send a lab's own table, with columns of its own", async (step) => {
  const before = await standing("rtx3090-nchw");
  await step("open /upload", () => page.goto("/upload"));
  await step("choose the file", () => choose("lab.csv", "Network,Batch,Step time (ms),GPU util,img_size\nresnet50,256,309.5,98,224\nregnety_040,256,490,97,224\nefficientnet_b0,256,340,91,224\n"));
  await heading("Your columns");
  await page.locator(".speeds", { hasText: "522.4 (regnety_040) at least" }).waitFor();
  await step("type the platform", () => page.getByLabel("Platform").fill("rtx3090-nchw"));
  await step("choose training", () => page.getByLabel("Mode").selectOption("train"));
  await step("paste the token", () => page.getByLabel("Token").fill(server.token));
  await step("press Check", () => press("Check without storing"));
  await step("press Save", () => press("Save 3 rows"));
  await heading("Saved");
  const now = await standing("rtx3090-nchw", step);
  assert.equal(now, before + 3);
  return `a prediction that stands on ${now} timings in place of ${before}`;
});

journey("to undo an upload whose address they have lost, and to put it back", async (step) => {
  const headers = { "Content-Type": "text/csv", Authorization: `Bearer ${server.token}` };
  const { upload } = await (await fetch(`${server.origin}/v1/measurements`, { method: "POST", headers, body: timings("found", 12, [4]) })).json();
  const row = page.getByRole("table", { name: "Uploads" }).locator("tbody tr").filter({ has: page.getByRole("link", { name: `Upload ${upload}`, exact: true }) });
  const counted = async () => (await (await fetch(`${server.origin}/v1/platforms`)).json()).platforms.find(({ id }) => id === "found").measurements.train;
  await step("open /upload", () => page.goto("/upload"));
  await step("follow History", () => follow("History"));
  assert.match(await row.innerText(), /browser[\s\S]*11\s+0\s+0\s+1\s+in the fits/);
  await step("press Undo", () => press(`Undo upload ${upload}`));
  await page.getByText("A token is needed: paste it here.").waitFor();
  await step("paste the token", () => page.getByLabel("Token").fill(server.token));
  await step("press Undo", () => press(`Undo upload ${upload}`));
  await row.getByText(/^taken out/).waitFor();
  const without = await counted();
  await step("press Put back", () => press(`Put back upload ${upload}`));
  await row.getByText("in the fits").waitFor();
  assert.deepEqual([without, await counted()], [0, 11]);
  return "its 11 timings are out of the fits, and in again";
});

journey("a figure of the paper, as a file", async (step) => {
  await step("open /", () => page.goto("/"));
  await step("follow The paper", () => follow("The paper"));
  const figure = page.locator("#figure-5 figure").first();
  await step("scroll to Fig. 5", () => page.locator("#figure-5").scrollIntoViewIfNeeded());
  await figure.locator(".image svg").waitFor();
  await settled(page);
  const svg = await step("save the SVG", () => saved(() => figure.getByRole("link", { name: "SVG", exact: true }).click()));
  assert.match(svg, /^<svg[^]*<\/svg>\s*$/);
  return `an SVG of ${svg.match(/class="point/g).length} points`;
});

journey("the time of a net of their own on a shell, by a file with its costs", async (step) => {
  const { run, folder, gone } = shell();
  writeFileSync(join(folder, "costs.json"), JSON.stringify({ flops: 4.1e9, params: 2.5e7, acts: 1.1e7 }));
  const predict = "predict costs.json --platform gpu:h100";
  const first = await step(`run epochcast ${predict}`, async () => run(predict));
  const epoch = (text) => text.match(/^gpu:h100 +train +(\S+ \S+)/m)[1];
  const second = await step("run it with --family regnety", async () => run(`${predict} --family regnety`));
  assert.notEqual(epoch(first), epoch(second));
  gone();
  return `${epoch(first)}, as a regnety ${epoch(second)}`;
});

journey("the time on a GPU of their own, by timings that they import on a shell, and undo", async (step) => {
  const { run, folder, gone } = shell();
  writeFileSync(join(folder, "mine.csv"), timings("mine", 24));
  const predict = "predict ResNet-50 --platform mine";
  assert.match(await step("run epochcast import mine.csv", async () => run("import mine.csv")), /upload 2: 24 accepted/);
  const [, epoch] = (await step(`run epochcast ${predict}`, async () => run(predict))).match(/^mine +train +(\S+ \S+)/m);
  assert.match(await step("run epochcast uploads", async () => run("uploads")), /^ 2 .*import +24/m);
  assert.match(await step("run epochcast undo 2", async () => run("undo 2")), /24 timings taken out/);
  assert.throws(() => run(predict), /mine has no timings/);
  gone();
  return `${epoch}; and none any more`;
});

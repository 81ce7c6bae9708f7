// A service that nobody may read without a token: every page asks for it once, and does its work with it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { answered, launch, open, serve, settled } from "./server.mjs";
import { timings } from "./timings.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve("--require-token"), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

const bar = (page) => page.getByRole("form", { name: "Token" });

/** Gives the token to the bar of `page`. */
async function give(page, token = server.token) {
  await bar(page).getByLabel("Token").fill(token);
  await bar(page).getByRole("button", { name: "Use it" }).click();
}

/** What each page is for, and what tells that it has done it. */
const PAGES = [
  ["/", async (page) => page.locator("#said .verdict", { hasText: "takes" }).waitFor()],
  ["/explore", async (page) => page.getByRole("table", { name: "Counts of the net" }).waitFor()],
  ["/explore?view=compare", async (page) => { await page.locator("#compare figure .image svg").waitFor(); await page.locator("#compare table").first().waitFor(); }],
  ["/explore?view=plan&epoch=20min", async (page) => { await page.locator("#plan .verdict", { hasText: "budget" }).waitFor(); await page.locator("#plan figure .image svg").waitFor(); }],
  ["/explore?view=time", async (page) => page.locator("#time .verdict", { hasText: "of the time goes into" }).waitFor()],
  ["/uploads", async (page) => page.getByRole("table", { name: "Uploads" }).waitFor()],
  ["/platforms", async (page) => page.getByRole("link", { name: "v100x8-paper" }).waitFor()],
  ["/platforms/gpu:h100", async (page) => page.getByRole("table", { name: "Predicted training epochs" }).waitFor()],
  ["/gpus", async (page) => page.getByRole("link", { name: "NVIDIA H100 SXM5 80GB", exact: true }).waitFor()],
  ["/nets", async (page) => page.getByRole("link", { name: "ResNet-50", exact: true }).waitFor()],
  ["/paper", async (page) => page.locator("#figure-1 figure .image svg").first().waitFor()],
  ["/platforms/v100x8-pycls", async (page) => { await page.locator(".panels figure .image svg").first().waitFor(); await page.getByRole("table", { name: "Measurements" }).waitFor(); }],
];

for (const [path, done] of PAGES) {
  test(`${path} asks for a token once, and then does what it is for`, async () => {
    const { page, faults } = await open(browser, server.origin);
    await page.goto(path);
    await bar(page).waitFor();
    assert.equal(await bar(page).count(), 1);
    await give(page);
    await done(page);
    await settled(page);
    assert.equal(await bar(page).count(), 0);
    assert.deepEqual(faults, []);
    await page.context().close();
  });
}

test("a token that does not hold is told, and asked for again", async () => {
  const { page, faults } = await open(browser, server.origin);
  await page.goto("/");
  await give(page, "epochcast_wrong");
  await bar(page).getByText("unknown, revoked or expired").waitFor();
  await give(page);
  await page.locator("#said .verdict").waitFor();
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("the token is asked for once in a tab, not once on a page, and never leaves it", async () => {
  const { page, faults } = await open(browser, server.origin);
  await page.goto("/");
  await give(page);
  await page.locator("#said .verdict").waitFor();
  for (const [path, done] of PAGES) {
    await page.goto(path);
    await done(page);
    assert.equal(await bar(page).count(), 0, path);
    assert.ok(!page.url().includes(server.token));
  }
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("files are saved with the token, which a link cannot carry, and calls to be pasted name it", async () => {
  const { page, faults } = await open(browser, server.origin);
  await page.goto("/platforms/v100x8-pycls");
  await give(page);
  const figure = page.locator(".panels figure").first();
  await figure.locator(".image svg").waitFor();
  for (const [name, begins] of [["SVG", "<svg"], ["CSV", "measurement,"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), figure.getByRole("link", { name, exact: true }).click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    assert.ok(text.startsWith(begins), `${name}: ${text.slice(0, 60)}`);
  }
  assert.equal(await figure.getByRole("link", { name: "Image by its address" }).count(), 0);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV of these" }).click()]);
  assert.equal(download.suggestedFilename(), "measurements.csv");
  await page.locator("summary", { hasText: "Call this" }).first().click();
  await page.locator(".call pre", { hasText: "$TOKEN" }).first().waitFor();
  const curl = await page.locator(".call pre").nth(1).innerText();
  assert.equal(answered(curl.replace("$TOKEN", server.token)).id, "v100x8-pycls");
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("timings are checked, saved and taken out again with the token of the tab", async () => {
  const { page, faults } = await open(browser, server.origin);
  await page.goto("/upload");
  await give(page);
  await page.getByLabel("File of timings").setInputFiles({ name: "timings.csv", mimeType: "text/csv", buffer: timings("private", 12) });
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.getByRole("button", { name: "Save 12 rows" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("heading", { name: "Taken out" }).waitFor();
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("a call is tried on the page of the API with a token that is given there", async () => {
  const { page, faults } = await open(browser, server.origin);
  await page.goto("/docs#platforms");
  const call = page.locator("details#platforms");
  await call.getByRole("button", { name: "Send" }).click();
  await call.getByText("Give a token at the top of this page").waitFor();
  await page.getByText("Give a token, for the forms below").click();
  await page.getByLabel("Token").fill(server.token);
  await call.getByRole("button", { name: "Send" }).click();
  await call.locator("pre", { hasText: "v100x8-paper" }).first().waitFor();
  assert.deepEqual(faults, []);
  await page.context().close();
});

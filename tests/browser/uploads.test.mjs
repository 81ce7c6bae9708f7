// What was sent is found again by who has forgotten its address, and undone there.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";
import { timings } from "./timings.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const send = async (name, rows, wrong) => {
  const headers = { "Content-Type": "text/csv", Authorization: `Bearer ${server.token}` };
  return (await fetch(`${server.origin}/v1/measurements`, { method: "POST", headers, body: timings(name, rows, wrong) })).json();
};
const list = () => page.getByRole("table", { name: "Uploads" });
const row = (id) => list().locator("tbody tr").filter({ has: page.getByRole("link", { name: `Upload ${id}`, exact: true }) });

test("the rows of an upload are one click away, with what became of them, and those that were wrong", async () => {
  const { upload } = await send("rows", 8, [3]);
  await page.goto("/uploads");
  await row(upload).getByRole("link", { name: `Upload ${upload}`, exact: true }).click();
  await page.getByRole("heading", { name: `Upload ${upload}`, exact: true }).waitFor();
  const rows = page.getByRole("table", { name: "Measurements" });
  await rows.getByRole("rowheader", { name: "net-3" }).waitFor();
  assert.equal(await rows.locator("tbody tr").count(), 7);
  assert.match(await rows.innerText(), /rows/);
  await rows.getByRole("link", { name: "net-3" }).click();
  await page.getByRole("dialog").getByText("Sent by").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL(new RegExp(`upload=${upload}$`));
  const wrong = await page.getByRole("link", { name: "The wrong rows as CSV" }).getAttribute("href");
  assert.match(await (await fetch(server.origin + wrong)).text(), /fast/);
  await page.getByLabel("Token").fill(server.token);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("None of its rows is in at present.").waitFor();
  await page.getByRole("button", { name: "Put it back" }).click();
  await rows.getByRole("rowheader", { name: "net-3" }).waitFor();
});

test("the history is filtered by who sent it and by what is out, in its address too", async () => {
  const { upload } = await send("filtered", 3);
  await page.goto("/uploads");
  await row(1).waitFor();
  await page.getByLabel("Sent by").fill("BROW");
  await row(1).waitFor({ state: "detached" });
  await row(upload).waitFor();
  await page.waitForURL(/sender=BROW/);
  await page.getByLabel("Show").selectOption("true");
  await row(upload).waitFor({ state: "detached" });
  await page.goto(page.url());
  await settled(page);
  assert.equal(await page.getByLabel("Show").inputValue(), "true");
  await page.getByLabel("Sent by").fill("nobody at all");
  await page.getByText("No upload is like this.").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await row(1).waitFor();
});

test("a hundred and more are turned, the newest first", async () => {
  for (let i = 0; i < 101; i += 1) await send("many", 1);
  await page.goto("/uploads");
  await settled(page);
  const ids = async () => (await list().locator("tbody th").allInnerTexts()).map((text) => Number(text.split(" ")[1]));
  const first = await ids();
  assert.equal(first.length, 100);
  assert.deepEqual(first, [...first].sort((a, b) => b - a));
  await page.getByRole("button", { name: "Older ones" }).click();
  await row(1).waitFor();
  assert.ok((await ids()).every((id) => id < first.at(-1)));
  await page.getByRole("button", { name: "The newest" }).click();
  await row(first[0]).waitFor();
});

test("an upload that is not there is told in words", async () => {
  await page.goto("/uploads?upload=99999");
  await page.locator(".problem", { hasText: "there is no upload 99999" }).waitFor();
});

test("a person who knows better releases doubted rows, and holds others out, with a reason", async () => {
  const { upload } = await send("decided", 6);
  await page.goto(`/uploads?upload=${upload}`);
  await page.getByText("Decide otherwise").click();
  await page.getByText("Say why first").waitFor();
  assert.ok(await page.getByRole("button", { name: "Hold" }).isDisabled());
  await page.getByLabel("Reason").fill("the fan was broken");
  await page.getByText("Say why first").waitFor({ state: "hidden" });
  await page.getByLabel("Token").fill(server.tokenOf("root", "admin"));
  await page.getByRole("button", { name: "Hold" }).click();
  await page.getByText("6 rows held out of the fits").waitFor();
  const rows = page.getByRole("table", { name: "Measurements" });
  await rows.getByText("kept out of the fits").nth(5).waitFor();
  await page.getByText("Decide otherwise").click();
  await page.getByLabel("Reason").fill("the fan was another machine's");
  await page.getByRole("button", { name: "Release" }).click();
  await page.getByText("6 rows released").waitFor();
  await rows.getByText("kept out of the fits").waitFor({ state: "detached" });
});

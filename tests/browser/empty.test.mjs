// A service that knows nothing yet: every page says so, counts what can be counted, and leads to the upload.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve("--no-seed"), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

test("a service without timings teaches on every page", async () => {
  const { page, faults } = await open(browser, server.origin);
  for (const path of ["/", "/explore", "/explore?view=compare", "/explore?view=time", "/platforms"]) {
    await page.goto(path);
    await settled(page);
    assert.ok((await page.locator("main a[href='/upload']").count()) > 0, path);
  }
  await page.goto("/explore?view=plan&epoch=10+min");
  await page.locator("#plan .problem", { hasText: "Send timings first, or limit counts alone" }).waitFor();
  await page.goto("/explore?view=plan&flops=8+G");
  await page.getByRole("link", { name: "dWr", exact: true }).waitFor();
  await page.goto("/explore?view=compare&y=params");
  await page.getByRole("rowheader", { name: "dWr", exact: true }).waitFor();
  assert.deepEqual(faults, []);
});

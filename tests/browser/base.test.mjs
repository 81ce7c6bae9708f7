// Under the path of a proxy, pages link and load within that path alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser, under;
before(async () => { [server, browser] = await Promise.all([serve("--base-path", "/team/epochcast"), launch()]); under = `${server.origin}/team/epochcast`; });
after(async () => { await browser?.close(); await server?.stop(); });

test("every page under a base path shows its content, and asks for nothing outside", async () => {
  // What is not below the base path counts as having left the host.
  const { page, faults } = await open(browser, under);
  for (const [path, seen] of [["/", ".verdict"], ["/explore", "#scale table"], ["/explore?view=plan&flops=8G", "#plan table a"], ["/platforms", "main table"], ["/platforms/v100x8-paper", "figure .image svg"], ["/platforms/gpu:h100", "main table"], ["/gpus", "main table"], ["/nets", "main table"], ["/paper", "figure .image svg"], ["/about", ".copyable"], ["/nowhere", "#path"], ["/upload", "#upload textarea"], ["/docs", "#docs .operation"]]) {
    await page.goto(under + path);
    await settled(page);
    await page.locator(seen).first().waitFor({ state: "attached" });
    const links = await page.locator("a[href]").evaluateAll((all) => all.map(({ href }) => href));
    for (const link of links.filter((link) => link.startsWith(server.origin))) assert.ok(link.startsWith(`${under}/`), `${path}: ${link}`);
    const calls = await page.locator(".call code").evaluateAll((all) => all.map(({ textContent }) => textContent));
    for (const call of calls.filter((call) => call.includes(server.origin))) assert.ok(call.includes(`${under}/v1/`), call);
  }
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("links lead on within the base path", async () => {
  const { page, faults } = await open(browser, under);
  await page.goto(`${under}/platforms`);
  await settled(page);
  await page.getByRole("link", { name: "v100x8-paper" }).first().click();
  await page.getByRole("heading", { name: "v100x8-paper", level: 1 }).waitFor();
  assert.equal(page.url(), `${under}/platforms/v100x8-paper`);
  assert.deepEqual(faults, []);
  await page.context().close();
});

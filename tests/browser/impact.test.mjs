// What an upload would do to the fits, shown before it is saved.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

test("a check shows how far off the fit is before and after, and which nets move most", async () => {
  const { page, faults } = await open(browser, server.origin);
  const rows = ["RegNetX-400MF,1.1", "RegNetY-4GF,1.15", "RegNetX-4GF,1.2", "ResNet-50,1.2", "EfficientNet-B2,1.15"].map((row, i) => {
    const [name, factor] = row.split(",");
    return `v100x8-pycls,train,${name} again,${name},${Math.round(3000 / (i + 1) / Number(factor))}`;
  });
  await page.goto("/upload");
  await page.getByText("Paste instead").click();
  await page.locator("#upload textarea").fill(["platform,mode,label,name,images_per_second", ...rows].join("\n"));
  await page.getByLabel("Token").fill(server.token);
  await page.getByRole("button", { name: "Check without storing" }).click();
  const impact = page.locator("#impact");
  await impact.waitFor({ timeout: 60000 });
  await settled(page);
  const timings = await impact.locator("tr", { hasText: "Timings in the fit" }).innerText();
  assert.match(timings, /29\s+\d+/);
  await impact.locator("summary").click();
  assert.ok((await impact.locator("details tbody tr").count()) > 2);
  assert.deepEqual(faults, []);
  await page.context().close();
});

// axe finds nothing on any page, in either theme, wide or narrow; nothing scrolls sideways at 360 pixels.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

const PAGES = ["/", "/?model=efficientnet_cc_b0_4e&platform=v100x8-paper,gpu:h100&prices=gpu:h100~$3", "/?model=ResNet-51", "/explore", "/explore?model=ResNet-51", "/explore?model=RegNetY-500MF&platform=v100x8-paper&view=compare&y=acts", "/explore?model=RegNetY-500MF&platform=v100x8-paper&view=compare&beside=ResNet-50", "/explore?view=plan", "/explore?view=plan&epoch=20+min&epochs=90&price=24&platform=v100x8-paper", "/explore?view=plan&epoch=soon", "/explore?view=plan&memory=16+GB&platform=gpu:h100", "/explore?model=efficientnet_cc_b0_4e&view=compare", "/explore?spec=MODEL", "/explore?view=time&platform=v100x8-paper", "/platforms", "/platforms/v100x8-paper", "/platforms/v100x8-paper?measurement=120", "/platforms/none", "/platforms/gpu:h100", "/gpus", "/gpus?q=nothing", "/nets", "/paper", "/about", "/nowhere", "/upload", "/upload?upload=1", "/uploads", "/uploads?upload=1", "/uploads?sender=nobody", "/docs", "/docs#plan"];

for (const theme of ["light", "dark"]) {
  for (const width of [1280, 360]) {
    test(`every page is accessible in the ${theme} theme at ${width} pixels`, async () => {
      const { page, faults } = await open(browser, server.origin, { width, theme });
      for (const path of PAGES) {
        await page.goto(path);
        await settled(page);
        const within = (await page.locator("dialog[open]").count()) ? "dialog" : "main";
        for (const summary of await page.locator(`${within} summary:visible`).all()) await summary.click();
        await settled(page);
        // The page's policy forbids scripts that are not its own; the debugger's are not subject to it.
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)]), [], `${path}, ${theme}, ${width}`);
        const across = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(across <= width, `${path} is ${across} wide`);
      }
      assert.deepEqual(faults, []);
      await page.context().close();
    });
  }
}

test("the bar that asks for a token is accessible", async () => {
  const closed = await serve("--require-token");
  for (const [theme, width] of [["light", 1280], ["dark", 360]]) {
    const { page, faults } = await open(browser, closed.origin, { width, theme });
    await page.goto("/");
    await page.getByRole("form", { name: "Token" }).waitFor();
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)]), [], theme);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width);
    assert.deepEqual(faults, []);
    await page.context().close();
  }
  await closed.stop();
});

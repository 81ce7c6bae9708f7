// A net is drawn by its stages, as it is and scaled, and the numbers of the drawing are those of the API.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, beforeEach, test } from "node:test";
import axe from "axe-core";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser, page, faults;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });
beforeEach(async () => { ({ page, faults } = await open(browser, server.origin)); });
afterEach(async () => { assert.deepEqual(faults, []); await page.context().close(); });

const section = () => page.getByRole("region", { name: "The net, stage by stage" });

/** What the API says of the net that `body` asks about. */
async function counted(body) {
  const answer = await fetch(`${server.origin}/v1/complexity`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...body, stages: true }) });
  return answer.json();
}

/** What it says of the golden ONNX file of this `name`, scaled as the start page does where nothing else is said. */
async function countedFile(name) {
  const answer = await fetch(`${server.origin}/v1/complexity?stages=true&strategy=dWr&factor=4`, { method: "POST", headers: { "Content-Type": "application/onnx" }, body: await golden(name) });
  return answer.json();
}

/** The bytes of a golden ONNX file. */
const golden = (name) => readFile(new URL(`../golden/onnx/${name}.onnx`, import.meta.url));

/** The stages of the drawing that has this class, with their lengths and heights. */
const drawn = (looks) => section().locator(`svg .${looks} [data-stage]`).evaluateAll((stages) => stages.map((stage) => {
  const rect = stage.querySelector(".stage");
  return { name: stage.dataset.stage, title: stage.querySelector("title").textContent, length: Number(rect.getAttribute("width")), height: Number(rect.getAttribute("height")), side: Number(stage.querySelector(".map")?.getAttribute("width")) };
}));

const words = ({ name, resolution, positions, width, layers }) => `${name}: ${resolution ? `${resolution} × ${resolution}` : `${positions} positions`}, ${width.toLocaleString("en")} channels, ${layers.toLocaleString("en")} layer${layers === 1 ? "" : "s"}`;

/** That the drawing and the table below it say what `answer` says. */
async function agrees({ base, scaled }) {
  const [before, after] = [await drawn("base"), await drawn("scaled")];
  assert.deepEqual(before.map(({ title }) => title), base.stages.map(words));
  assert.deepEqual(after.map(({ title }) => title), (scaled?.stages ?? []).map(words));
  const rows = section().getByRole("table", { name: "The net by its stages" }).locator("tbody tr");
  const shown = scaled ?? base;
  assert.equal(await rows.count(), shown.stages.length);
  for (const [index, stage] of shown.stages.entries()) {
    const text = await rows.nth(index).innerText();
    assert.ok(text.includes(stage.name) && text.includes(stage.layers.toLocaleString("en")) && text.includes(stage.width.toLocaleString("en")), text);
    if (base.stages[index].width !== stage.width) assert.ok(text.includes(`× ${base.stages[index].width.toLocaleString("en")}`), text);
  }
  return { before, after };
}

test("a net by name is drawn as it is and scaled, longer for depth, taller for width, with larger maps for resolution", async () => {
  for (const [strategy, grows, said] of [["d", "length", /^The scaled net has [\d.]+× the layers\.$/], ["w", "height", /^The scaled net has [\d.]+× the channels where they changed most\.$/], ["r", "side", /^The scaled net has 2\.\d+× the side of its images\.$/]]) {
    await page.goto(`/explore?model=RegNetY-500MF&strategy=${strategy}&factor=4`);
    await section().locator("svg .scaled").waitFor();
    await settled(page);
    const { before, after } = await agrees(await counted({ model: { name: "RegNetY-500MF" }, scaling: { strategy, factor: 4 } }));
    assert.match(await section().locator("p").first().innerText(), said);
    for (const size of ["length", "height", "side"]) {
      const [was, is] = [before, after].map((stages) => stages.find(({ name }) => name === "stage 3")[size]);
      if (size === grows) assert.ok(is > 1.5 * was, `${strategy}: ${size} of ${was} and ${is}`);
      else assert.ok(Math.abs(is / was - 1) < 0.05, `${strategy}: ${size} of ${was} and ${is}`);
    }
  }
});

test("the net of an ONNX file that is dropped is drawn from what the API says of the file", async () => {
  await page.goto("/");
  await settled(page);
  for (const name of ["resnet18", "squeezenet", "tiny-vit", "tiny-convnext"]) {
    const data = await page.evaluateHandle(([name, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], name));
      return data;
    }, [`${name}.onnx`, [...await golden(name)]]);
    await page.dispatchEvent("body", "drop", { dataTransfer: data });
    await page.locator("#said .verdict", { hasText: `${name}.onnx` }).waitFor();
    await settled(page);
    await agrees(await countedFile(name));
  }
});

test("a pasted graph is drawn, unscaled as one net, and costs alone as none", async () => {
  const graph = { family: "graph", resolution: 64, nodes: [{ op: "conv", out: 8, kernel: 3, stride: 2, pad: 1 }, { op: "conv", out: 16, kernel: 3, stride: 2, pad: 1 }, { op: "global_avg_pool" }, { op: "rearrange", as: "b c 1 1 -> b c" }, { op: "linear", out: 10 }] };
  await page.goto("/explore?strategy=none");
  await page.getByRole("radio", { name: "description" }).check();
  await page.getByLabel("Description", { exact: true }).fill(JSON.stringify(graph));
  await section().locator("svg [data-stage='stage 1'] title", { hasText: "stage 1: 16 × 16, 16 channels, 1 layer" }).waitFor({ state: "attached" });
  await settled(page);
  await agrees(await counted({ model: graph }));
  await page.getByLabel("Description", { exact: true }).fill('{"flops": 4e9, "params": 2e7, "acts": 1e7}');
  await page.getByText("These are the costs as they were given").waitFor();
  await page.locator(".verdict", { hasText: "of your net takes" }).waitFor();
  await settled(page);
  assert.equal(await page.locator(".net-figure").count(), 0);
});

for (const theme of ["light", "dark"]) {
  for (const width of [1280, 360]) {
    test(`the drawing is accessible and within the page in the ${theme} theme at ${width} pixels`, async () => {
      const narrow = await open(browser, server.origin, { width, theme });
      for (const path of ["/?model=EfficientNet-B0&strategy=d&factor=16", "/explore?model=ResNet-50&strategy=dWr&factor=16"]) {
        await narrow.page.goto(path);
        await narrow.page.locator(".net-figure .scaled").waitFor();
        await settled(narrow.page);
        await narrow.page.evaluate(axe.source);
        const { violations } = await narrow.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)]), [], path);
        assert.ok(await narrow.page.evaluate(() => document.documentElement.scrollWidth) <= width, path);
        const beyond = await narrow.page.locator(".net-figure").evaluate((figure) => [...figure.querySelectorAll("rect, text")].filter((part) => part.getBoundingClientRect().right > figure.getBoundingClientRect().right + 1).length);
        assert.equal(beyond, 0, path);
      }
      assert.deepEqual(narrow.faults, []);
      await narrow.page.context().close();
    });
  }
}

// The net in an ONNX file that is dropped on the start page is predicted as the form says of the rest.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

/** Drops a file of this `name` and these bytes on `page`. */
async function drop(page, name, bytes) {
  const data = await page.evaluateHandle(([name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name));
    return data;
  }, [name, [...bytes]]);
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
}

test("a dropped ONNX file is predicted, and what is none is refused in words", async () => {
  const { page, faults } = await open(browser, server.origin);
  await page.goto("/");
  await settled(page);
  const bytes = await readFile(new URL("../golden/onnx/squeezenet.onnx", import.meta.url));
  await drop(page, "mine.onnx", bytes);
  const verdict = page.locator("#said .verdict", { hasText: "One training epoch of mine.onnx, scaled 4× by dWr takes" });
  await verdict.waitFor();
  assert.ok((await page.locator("#answer table").count()) > 0);
  await drop(page, "notes.txt", Buffer.from("no net"));
  await page.locator("#answer .problem", { hasText: "this is no ONNX file" }).waitFor();
  // The second file is refused, which the console tells too.
  assert.deepEqual(faults.filter((fault) => !fault.includes("422")), []);
});

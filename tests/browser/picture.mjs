// Draws docs/start.png: the start page with an answer, as the README shows it.
//   node tests/browser/picture.mjs

import { fileURLToPath } from "node:url";
import { launch, open, serve, settled } from "./server.mjs";

// One platform that was timed and two GPUs that were not: both kinds of answer are in the picture.
const QUESTION = "/?model=RegNetY-4GF&strategy=dWr&factor=4&platform=v100x8-paper,gpu:h100,gpu:a100-80gb";
const PICTURE = fileURLToPath(new URL("../../docs/start.png", import.meta.url));

const [server, browser] = await Promise.all([serve(), launch()]);
const { page, faults } = await open(browser, server.origin);
await page.goto(QUESTION);
await page.locator(".verdict").first().waitFor();
await settled(page);
// Down to the table's last row and its legend; what follows is more than a first look needs.
const { y, height } = await page.locator("#answer table").first().boundingBox();
await page.screenshot({ path: PICTURE, clip: { x: 0, y: 0, width: 1280, height: Math.ceil(y + height) + 36 } });
await browser.close();
await server.stop();
if (faults.length) throw new Error(faults.join("\n"));

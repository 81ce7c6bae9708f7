// A real server on a database of its own, and a real browser that watches for what must not happen.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const BINARY = process.env.EPOCHCAST_BIN ?? fileURLToPath(new URL("../../target/debug/epochcast", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Starts a server with `args`; gives its address, a token to write with, and a way to stop it. */
export async function serve(...args) {
  const folder = mkdtempSync(join(tmpdir(), "epochcast-browser-"));
  const database = ["--database-url", `sqlite://${join(folder, "test.db")}`, ...args];
  const server = spawn(BINARY, ["--listen", "127.0.0.1:0", ...database], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const origin = await new Promise((resolve, reject) => {
    createInterface(server.stdout).on("line", (line) => {
      const [address] = line.match(/http:\/\/127\.0\.0\.1:\d+/) ?? [];
      if (address) resolve(address);
    });
    server.on("exit", (code) => reject(new Error(`the server stopped with ${code}`)));
    server.on("error", reject);
  });
  /** @param {string} name @param {string} scope */
  const tokenOf = (name, scope) => execFileSync(BINARY, ["token", "create", "--name", name, "--scope", scope, ...database], { cwd: folder }).toString().trim();
  const token = tokenOf("browser", "write");
  const stop = async () => {
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill();
    await gone;
    rmSync(folder, { recursive: true });
  };
  return { origin, token, tokenOf, stop };
}

/** A folder of its own for the command line, which `run` calls there: it gives what is printed, or throws what is complained of. */
export function shell() {
  const folder = mkdtempSync(join(tmpdir(), "epochcast-shell-"));
  const run = (line) => execFileSync(BINARY, line.split(" "), { cwd: folder, stdio: ["ignore", "pipe", "pipe"] }).toString();
  return { folder, run, gone: () => rmSync(folder, { recursive: true }) };
}

/** Starts the browser. */
export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/** A page at `origin` of `width`, and the `faults` that it has made: errors in the console, requests that left the host. */
export async function open(browser, origin, { width = 1280, theme = "light", touch = false } = {}) {
  const context = await browser.newContext({ baseURL: origin, viewport: { width, height: 900 }, colorScheme: theme, hasTouch: touch });
  if (process.env.EPOCHCAST_STATIC) await fromDisk(context, process.env.EPOCHCAST_STATIC);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    // A refusal that a page asked for and shows is no fault of the page; nor is a busy API, which it asks again.
    const busy = /status of 503/.test(message.text()) && message.location().url.startsWith(`${origin}/v1/`);
    if (message.type() === "error" && !busy && !/status of 4\d\d/.test(message.text())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("dialog", (dialog) => { faults.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:")) faults.push(`left the host: ${request.url()}`); });
  return { page, faults };
}

/**
 * Takes scripts and styles from `folder`, so that they can be worked on without building the server anew: a page's script is then
 * the module that it is made of, which imports the others.
 */
async function fromDisk(context, folder) {
  const sheets = join(folder, "css");
  await context.route("**/static/**", async (route) => {
    const path = join(folder, new URL(route.request().url()).pathname.replace(/.*\/static\/[^/]*\//, ""));
    if (path === join(sheets, "all.css")) {
      const charts = await (await route.fetch({ url: new URL("/v1/charts/style.css", route.request().url()).href })).text();
      const all = readdirSync(sheets).sort().map((name) => readFileSync(join(sheets, name), "utf8"));
      await route.fulfill({ contentType: "text/css", body: [...all, charts].join("") });
    } else if (existsSync(path)) await route.fulfill({ path });
    else await route.continue();
  });
}

/** The JSON that a call, as a page shows it for a shell, is answered by. */
export function answered(curl) {
  return JSON.parse(execFileSync("sh", ["-c", curl]).toString());
}

/** Waits until nothing on the page is being loaded any more. */
export async function settled(page) {
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
}

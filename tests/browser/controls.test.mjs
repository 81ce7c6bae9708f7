// Every control of every page is used as a person uses it, found by walking the page: none may throw, none may do nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, serve, settled } from "./server.mjs";
import { timings } from "./timings.mjs";

let server, browser;
before(async () => { [server, browser] = await Promise.all([serve(), launch()]); });
after(async () => { await browser?.close(); await server?.stop(); });

/** More controls than any page has: a page that keeps making new ones is stopped here. */
const MOST = 250;
/** How long a page may take on a slow machine, in milliseconds. */
const PATIENCE = 60_000;
/** Takes a debug build a minute; evidence.test.mjs opens it. */
const SLOW = "How honest these predictions are";

/** Pages, what is done first so that all is there, and what is pressed after a field that has no effect of its own. */
const PAGES = [
  { path: "/" },
  { path: "/?model=efficientnet_cc_b0_4e&alpha=0.7" },
  { path: "/explore" },
  { path: "/explore?alpha=0.7&strategy=d" },
  { path: "/explore?spec=%7B%22flops%22%3A4e9%2C%22params%22%3A2e7%2C%22acts%22%3A1e7%7D" },
  { path: "/explore?view=compare" },
  { path: "/explore?view=compare&beside=ResNet-50&platform=v100x8-paper" },
  { path: "/explore?view=plan" },
  { path: "/explore?view=plan&flops=8G&batch=256&platform=v100x8-paper&prices=v100x8-paper~$24&epochs=90" },
  { path: "/explore?view=time" },
  { path: "/platforms" },
  { path: "/platforms/v100x8-pycls" },
  { path: "/platforms/rtx4090-nchw?measurement=440" },
  { path: "/platforms/gpu:h100" },
  { path: "/gpus" },
  { path: "/gpus?q=nothing" },
  { path: "/nets" },
  { path: "/paper" },
  { path: "/about" },
  { path: "/upload", first: give, commit: "Check without storing" },
  { path: "/upload", called: "a lab's own columns", first: giveOwn, commit: "Check without storing", file: own(["resnet18,128,80,90"]) },
  { path: "/uploads", first: token },
  { path: "/uploads?upload=1", first: token },
  { path: "/docs" },
];

/** A file whose columns are not ours. */
function own(rows) {
  return { name: "lab.csv", mimeType: "text/csv", buffer: Buffer.from(`Network,Batch,Step seconds,Load\n${rows.join("\n")}\n`) };
}

/** Gives a file whose columns are not ours, with times that look like milliseconds. */
async function giveOwn(page) {
  await page.getByLabel("File of timings").setInputFiles(own(["resnet50,256,169.5,98", "regnety_040,256,310,97"]));
  await page.getByLabel("Platform").fill("rtx4090-nchw");
  await page.getByLabel("Mode").selectOption("train");
  await page.getByRole("button", { name: "They are milliseconds" }).waitFor();
  await page.getByLabel("Token").fill(server.token);
}

/** Gives a token, as the page asks. */
async function token(page) {
  await page.getByLabel("Token").fill(server.token);
}

/** Gives a file and a token, as the page asks. */
async function give(page) {
  await page.getByLabel("File of timings").setInputFiles({ name: "timings.csv", mimeType: "text/csv", buffer: timings("walked", 12, [3]) });
  await page.getByLabel("Token").fill(server.token);
  await page.getByRole("button", { name: "Check without storing" }).click();
  await page.locator("#fix").waitFor();
}

/** Marks the next control that was not used yet; gives what it is, or null where all were. */
function next(page, seen) {
  return page.evaluate(({ seen, slow }) => {
    const within = document.querySelector("dialog[open]") ?? document.body;
    for (const old of document.querySelectorAll("[data-walked]")) old.removeAttribute("data-walked");
    for (const element of within.querySelectorAll("summary, input, select, textarea, button, [role]")) {
      const role = element.getAttribute("role");
      // What is drawn, told or scrolled is no control; options are chosen with their combobox.
      if (role && !["button", "checkbox", "combobox", "link", "menuitem", "radio", "slider", "switch", "tab", "textbox"].includes(role)) continue;
      if (!element.checkVisibility({ visibilityProperty: true }) || element.disabled || "used" in element.dataset) continue;
      const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
      const place = element.closest("section")?.id ?? "";
      const name = [element.localName, element.type, place, label.replaceAll(/\s+/g, " ").trim(), element.type === "radio" ? element.value : ""].join(" | ");
      if (seen.includes(name) || label.trim() === slow) continue;
      element.dataset.walked = element.dataset.used = "";
      return { name, tag: element.localName, type: element.type ?? "", role, placeholder: element.placeholder ?? "", checked: element.checked ?? false, pressed: element.getAttribute("aria-pressed") === "true", submits: Boolean(element.form?.querySelector("button:not([type=button])")) };
    }
    return null;
  }, { seen, slow: SLOW });
}

/** All that a page shows and keeps, but for the control that is being used; with `before`, whether it is otherwise. It runs in the page. */
function picture(before) {
  const used = document.querySelector("[data-walked]");
  const controls = [...document.querySelectorAll("input, select, textarea, details, dialog")].filter((element) => element !== used);
  const now = JSON.stringify([location.href, document.body.innerText, controls.map((element) => [element.value, element.checked, element.open, element.disabled]),
    [...document.querySelectorAll("[aria-invalid], [aria-expanded], [aria-pressed]")].map((element) => ["invalid", "expanded", "pressed"].map((name) => element.getAttribute(`aria-${name}`))), JSON.stringify(sessionStorage)]);
  return before === undefined ? now : now !== before;
}

/** Whether the page looks otherwise than `before` within a moment: some fields wait until typing has paused. */
async function changed(page, before) {
  try {
    await page.waitForFunction(picture, before, { timeout: 1500 });
    return true;
  } catch {
    return false;
  }
}

/** What a person might type there: what the field itself suggests, then a number, then a word. */
const texts = ({ type, placeholder }) => [placeholder.replace(/, .*|…/g, ""), "2", "regnety", type === "password" ? "epochcast_none" : "dWr"].filter((text) => text && !/^as /.test(text));

/** Uses the marked control in each way that a person might, until one `works()`. */
async function use(page, control, works, { commit, file = { name: "others.csv", mimeType: "text/csv", buffer: timings("others", 5) } }) {
  const marked = page.locator("[data-walked]");
  const press = async () => { if (commit) await page.getByRole("button", { name: commit }).click(); };
  if (control.tag === "select") {
    const values = await marked.locator("option:not([hidden])").evaluateAll((all) => all.map(({ value }) => value));
    const now = await marked.inputValue();
    for (const value of values.filter((value) => value !== now).sort((a, b) => Number(!a) - Number(!b))) {
      await marked.selectOption(value);
      if (control.submits) await marked.evaluate((element) => element.form.requestSubmit());
      else await press();
      if (await works()) return true;
    }
    return false;
  }
  if (control.type === "file") {
    await marked.setInputFiles(file);
    return works();
  }
  if (control.type === "range") {
    await marked.focus();
    await page.keyboard.press("ArrowLeft");
    return works();
  }
  // What is chosen already stays so.
  if ((control.type === "radio" && control.checked) || control.pressed) return true;
  if (control.tag === "input" && !["radio", "checkbox"].includes(control.type)) {
    for (const text of texts(control)) {
      await marked.click();
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type(text);
      if (control.role === "combobox") await page.locator("[role=option]:visible").first().click();
      else await page.keyboard.press("Enter");
      await press();
      if (await works()) return true;
      // The browser itself says which field is missing.
      if (control.submits && await marked.evaluate((element) => !element.form.checkValidity())) return true;
    }
    return false;
  }
  if (control.tag === "textarea") {
    await marked.focus();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText(control.placeholder || (await marked.inputValue()));
    if (control.submits) await marked.evaluate((element) => element.form.requestSubmit());
    else await press();
    return works();
  }
  await marked.click();
  return works();
}

for (const { path, called = "", first, commit, file } of PAGES) {
  test(`every control of ${path}${called && ` with ${called}`} can be used, and does something`, async () => {
    const { page, faults } = await open(browser, server.origin);
    page.setDefaultTimeout(PATIENCE);
    page.on("download", (download) => download.cancel());
    let asked = 0;
    page.on("request", (request) => { if (new URL(request.url()).pathname.startsWith("/v1/")) asked += 1; });
    const start = async () => {
      await page.goto(path);
      await settled(page);
      await first?.(page);
      await settled(page);
    };
    await start();
    const here = new URL(page.url()).pathname;
    const seen = [];
    let replaced = 0;
    for (let control = await next(page, seen); control; control = await next(page, seen)) {
      seen.push(control.name);
      assert.ok(seen.length < MOST, `${path} goes on and on: ${seen.slice(-5).join("; ")}`);
      const [before, askedBefore] = [await page.evaluate(picture), asked];
      const works = async () => {
        await settled(page);
        return asked > askedBefore || changed(page, before);
      };
      const used = await use(page, control, works, { commit, file }).catch(async (error) => {
        // An answer that came late has put another in its place: a person would use that one. Twice is no accident.
        const isThere = await page.locator("[data-walked]").count();
        replaced += 1;
        if (isThere || replaced > 2) assert.fail(`${path}: ${control.name}: ${error}`);
        return null;
      });
      if (used === null) {
        seen.pop();
        await settled(page);
        continue;
      }
      assert.ok(used, `${path}: ${control.name} does nothing`);
      assert.deepEqual(faults, [], `${path}: ${control.name}`);
      if (new URL(page.url()).pathname !== here) await start();
    }
    assert.ok(seen.length > 0, path);
    await page.context().close();
  });
}

test("a file that is dropped is taken like one that is chosen", async () => {
  const { page, faults } = await open(browser, server.origin);
  await page.goto("/upload");
  await settled(page);
  const text = timings("dropped", 4).toString();
  const files = await page.evaluateHandle((text) => {
    const files = new DataTransfer();
    files.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
    return files;
  }, text);
  await page.dispatchEvent(".drop", "dragover", { dataTransfer: files });
  await page.dispatchEvent(".drop", "drop", { dataTransfer: files });
  await page.getByText("The rows name dropped.").waitFor();
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("Tab stops at nothing that has neither a name nor a use", async () => {
  const { page, faults } = await open(browser, server.origin);
  page.setDefaultTimeout(PATIENCE);
  for (const path of ["/", "/explore", "/explore?view=compare", "/explore?view=plan&flops=8G", "/explore?view=time", "/platforms/v100x8-pycls", "/platforms/gpu:h100", "/gpus", "/nets", "/paper", "/about", "/nowhere", "/upload", "/uploads", "/uploads?upload=1", "/docs"]) {
    await page.goto(path);
    await settled(page);
    await page.evaluate(() => document.body.focus());
    const stops = [];
    for (let i = 0; i < 200; i += 1) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
        const use = element.matches("a[href], button, input, select, textarea, summary") || (element.getAttribute("role") && element.getAttribute("tabindex") !== null);
        return { what: element.outerHTML.slice(0, 120), fine: Boolean(name.trim() && use) };
      });
      if (!stop) break;
      stops.push(stop);
    }
    assert.ok(stops.length > 5, path);
    assert.deepEqual(stops.filter(({ fine }) => !fine).map(({ what }) => what), [], path);
  }
  assert.deepEqual(faults, []);
  await page.context().close();
});

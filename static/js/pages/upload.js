// Sending timings: choose, check, fix, save, undo. Nothing is stored before it has been checked.

import { get, known as asked, Problem, query, send } from "../core/api.js";
import { lead } from "../core/carried.js";
import { $, debounced, field, fill, h, select } from "../core/dom.js";
import { many } from "../core/format.js";
import { at } from "../core/place.js";
import { bytes } from "../core/quantity.js";
import { Mistake } from "../core/request.js";
import { State } from "../core/state.js";
import { problem } from "../parts/problem.js";
import { copyable } from "../parts/snippet.js";
import { COLUMNS, isKnown, templates } from "../upload/columns.js";
import { format, FORMATS, isFormat, namesPlatform, platforms } from "../upload/detect.js";
import { sheet } from "../upload/mapping.js";
import { mappingForm } from "../upload/mapping-form.js";
import { receipt } from "../upload/receipt.js";
import { patched, pick } from "../upload/rows.js";
import { speedView } from "../upload/speed-view.js";
import { inSeconds } from "../upload/speeds.js";
import { table } from "../parts/table.js";
import { tokenField } from "../parts/token-field.js";
import { impact } from "../upload/impact.js";
import { counted, doubted, fixer } from "../upload/verdicts.js";

/** @import { Platforms, UploadAnswer, UploadSummary } from "api" */
/** @import { Row } from "../upload/rows.js" */
/** @typedef {{file: File | null, given: string | null, text: string | null, changed: boolean, name: string | null}} Sent */
/** @typedef {ReturnType<typeof mappingForm>} Mapping */

/** Longest file whose rows are fixed here: it is held in memory as text. */
const EDITABLE = 64 * 2 ** 20;
const HEAD = 65536;

const state = new State({});
const token = tokenField();
/** What is to be sent: the `file` as it is, or `text` where that was pasted or changed; of long files there is no text. `given` is the text before any change. @type {Sent | null} */
let sent = null;
/** What is chosen of a table whose columns are not ours. @type {Mapping | null} */
let mapping = null;
/** The wrong rows, as they were shown to be fixed. @type {Row[]} */
let wrong = [];
/** The unit that the times are taken to be in, where that is not seconds. @type {string | null} */
let unit = null;

const type = select([["", "not recognised"], ...Object.entries(FORMATS)], "", { on: { change: () => { fill(result); say(); recognised(); } } });
const platform = h("input", { autocomplete: "off", spellcheck: "false", list: "known-platforms", placeholder: "as the rows say", on: { change: () => remap() } });
const mode = select([["", "as the rows say"], ["train", "training"], ["infer", "inference"]], "", { on: { change: () => speeds() } });
const net = h("input", { autocomplete: "off", spellcheck: "false", placeholder: "RegNetX-400MF" });
const platformHint = h("span", { class: "hint", role: "status" });
const file = h("input", { type: "file", id: "file", accept: ".csv,.json,.ndjson,.jsonl,.log,.txt,text/csv,application/json", on: { change: () => take(file.files?.[0]) } });
const pasted = h("textarea", { spellcheck: "false", placeholder: "platform,device,mode,label,name,batch_size,images_per_second\nmy-4090,NVIDIA GeForce RTX 4090,train,resnet50,ResNet-50,256,1510", on: { input: debounced(() => take(pasted.value), 300) } });
const [chosen, settings, result] = [h("p", { role: "status" }), h("section", { hidden: true }), h("section", { id: "result", tabindex: -1 })];
const [columns, paces, needed] = [h("div", {}), h("div", {}), h("span", { class: "hint", role: "status" })];
const check = h("button", { type: "button", class: "primary", on: { click: () => run(true) } }, "Check without storing");

lead();
build();
state.watch((now) => { if (now.upload) stored(now.upload); });

function build() {
  const drop = h("div", { class: "drop", on: {
    dragover: (event) => { event.preventDefault(); drop.classList.add("over"); },
    dragleave: () => drop.classList.remove("over"),
    drop: (event) => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer?.files[0] ?? event.dataTransfer?.getData("text")); },
  } }, h("p", {}, "Drop a file here, or choose one:"), h("p", {}, h("label", { class: "visually-hidden", for: "file" }, "File of timings"), file),
  h("p", { class: "quiet small" }, "CSV, JSON or NDJSON of ours; a benchmark table of timm; a log or timing file of pycls."));
  const known = h("datalist", { id: "known-platforms" });
  asked("/v1/platforms").then((/** @type {Platforms} */ answer) => fill(known, answer.platforms.map(({ id }) => h("option", { value: id })))).catch(() => {});
  const named = field("Platform", platform);
  named.append(platformHint);
  fill(settings, h("h2", {}, "How it is read"), h("div", { class: "filters" }, field("Format", type), named, field("Mode", mode), field("Net, of a pycls log", net)), known, columns, paces, token.element, h("div", { class: "actions" }, check, needed));
  fill($("#upload"), drop, h("details", {}, h("summary", {}, "Paste instead"), field("Rows", pasted)), examples(), chosen, settings, result, help());
}

/** Templates to begin with, and all columns that are read. */
function examples() {
  const links = templates.map(({ name, title, text }) => h("li", {}, h("a", { href: `data:text/csv;charset=utf-8,${encodeURIComponent(text)}`, download: name }, title)));
  const all = table({ caption: "Columns of a CSV", hidden: true, cards: true, rows: COLUMNS.filter(({ example }) => example), columns: [
    { title: "Column", head: true, cell: ({ name }) => h("code", {}, name) },
    { title: "What it holds", cell: ({ what }) => what },
    { title: "Example", class: "wrap", cell: ({ example }) => h("code", {}, example) },
  ] });
  return [
    h("p", { class: "label" }, "Templates, each with a row as an example"), h("ul", { class: "templates" }, links),
    h("details", {}, h("summary", {}, "All columns, each with an example"),
      h("p", { class: "small quiet" }, "A row needs a platform, a mode, a net (by name, description or costs) and one time. A file with other columns can be sent too: you choose which is which."), all),
  ];
}

function help() {
  const body = "[{\"platform\": {\"id\": \"my-4090\", \"device\": \"NVIDIA GeForce RTX 4090\", \"precision\": \"amp\"},\n  \"mode\": \"train\", \"label\": \"resnet50\", \"model\": {\"name\": \"ResNet-50\"}, \"batch_size\": 256, \"images_per_second\": 1510.0}]";
  const url = location.origin + at("/v1/measurements");
  return h("details", { class: "call" }, h("summary", {}, "Call this from Python or curl"),
    h("p", { class: "label" }, "curl"), copyable(`curl -s ${url} -H "Authorization: Bearer $TOKEN" -H 'Content-Type: text/csv' --data-binary @timings.csv`),
    h("p", { class: "label" }, "Python"), copyable(`import os, requests\n\nanswer = requests.post("${url}", headers={"Authorization": "Bearer " + os.environ["TOKEN"]}, json=\n${body})\nprint(answer.json())`),
    h("p", {}, "Add ", h("code", {}, "?dry_run=true"), " to check without storing."));
}

/** Takes a file, or a text that was pasted. @param {File | string | undefined} source */
async function take(source) {
  fill(result);
  state.set({ upload: null }, { quietly: true });
  mapping = null;
  unit = null;
  fill(columns);
  if (!source || (typeof source === "string" && !source.trim())) {
    sent = null;
    settings.hidden = true;
    fill(chosen);
    speeds();
    return;
  }
  const given = typeof source === "string" ? null : source;
  const text = typeof source === "string" ? source : source.size <= EDITABLE ? await source.text() : null;
  const head = text ?? await given?.slice(0, HEAD).text() ?? "";
  sent = { file: given, given: text, text, changed: !given, name: given?.name ?? null };
  type.value = format(head.slice(0, HEAD), sent.name ?? "") ?? "";
  recognise(head, sent.name);
  say();
  recognised();
  settings.hidden = false;
  settings.scrollIntoView({ block: "nearest" });
}

/** Says what was chosen, and how it is read. */
function say() {
  if (!sent) return;
  const size = sent.file ? `${sent.file.name}, ${sent.file.size < 1000 ? many(sent.file.size, "byte") : bytes(sent.file.size)}` : `${many(sent.given?.length ?? 0, "character")}, pasted`;
  fill(chosen, h("strong", {}, size), isFormat(type.value) ? ` – read as ${FORMATS[type.value]}.` : " – its format is not recognised: choose one.");
}

/** Asks which column is what, where a table has others than ours. */
function recognised() {
  mapping = null;
  fill(columns);
  const given = sent?.given ?? null;
  if (sent && given !== null) {
    sent.text = given;
    const { names, separator } = sheet(given.slice(0, HEAD));
    if (type.value === "text/csv" && (separator !== "," || !isKnown(names))) {
      mapping = mappingForm(given, () => remap());
      fill(columns, mapping.element);
    }
  }
  remap();
}

/** Has the mapping keep what was written over wrong cells: what was said of the rows as they were goes. */
function keep() {
  mapping?.keep(wrong);
  wrong = [];
  fill(result);
}

/** Puts the table in our columns in the place of what was given, as far as all is chosen. */
function remap() {
  if (mapping && sent) {
    keep();
    const text = mapping.text(platform.value.trim());
    sent.changed = true;
    sent.text = text;
  }
  return speeds();
}

/** Shows the range of speeds that would be sent; gives the warning, where it cannot be true. */
async function speeds() {
  const format = type.value;
  const text = isFormat(format) && format !== "text/plain" ? sent?.text ?? "" : "";
  return speedView(paces, { text, type: format, mode: mode.value, onseconds: () => {
    if (!sent?.text || mapping?.milliseconds()) return;
    sent.text = inSeconds(sent.text, format);
    sent.changed = true;
    fill(result);
    speeds();
  } });
}

/** @param {string} head @param {string | null} name */
function recognise(head, name) {
  const named = platforms(head, type.value);
  platform.value = "";
  if (named.length) platformHint.textContent = `The rows name ${named.join(", ")}.`;
  else if (namesPlatform(name)) platformHint.textContent = "The file's name tells it; write an id to say it yourself.";
  else platformHint.textContent = "The rows name none: write its id.";
}

/** Sends what was chosen: only to be checked, or to be stored. @param {boolean} dry */
async function run(dry) {
  if (!sent) return;
  if (!type.value) { type.focus(); return; }
  needed.textContent = "";
  if (mapping && !mapping.complete()) return;
  if (!token.held()) {
    needed.textContent = `${dry ? "Checking" : "Saving"} needs a token too: the rows are held against those that are stored. Paste yours in the field “Token”.`;
    return;
  }
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Sending" });
  const said = h("p", { role: "status" }, "Sending …");
  fill(result, said, bar);
  const path = query("/v1/measurements", { dry_run: dry || null, on_error: "skip", platform: platform.value.trim(), mode: mode.value, net: net.value.trim(), file_name: sent.name, units: unit });
  /** @param {number} share */
  const progress = (share) => {
    bar.value = share;
    if (share >= 1) {
      said.textContent = "Each row is being checked …";
      bar.removeAttribute("value");
    }
  };
  check.disabled = true;
  const asked = [sent, type.value];
  try {
    /** @type {UploadAnswer} */
    const answer = await send(path, { body: sent.changed ? sent.text : sent.file, type: type.value, progress });
    const absurd = dry ? await speeds() : null;
    // Of what was there before another file or format was chosen, nothing is shown.
    if (dry && (asked[0] !== sent || asked[1] !== type.value)) fill(result);
    else if (dry) verdict(answer, absurd);
    else state.set({ upload: answer.upload });
  } catch (error) {
    if (error instanceof Problem && error.status === 401) token.tell("This token does not hold.");
    if (error instanceof Problem && error.status === 403) token.tell("This token may not write.");
    fill(result, problem(error));
  }
  check.disabled = false;
  result.focus();
}

/** What would become of the rows; the wrong ones to be fixed. `absurd`: what is warned of above. @param {UploadAnswer} answer @param {Node | null} absurd */
function verdict(answer, absurd) {
  const storing = answer.accepted + answer.quarantined;
  const save = h("button", { type: "button", class: "primary", disabled: storing === 0, on: { click: () => run(false) } }, `Save ${many(storing, "row")}`);
  fill(result, h("h2", {}, "What would become of it"), counted(answer), mistaken(answer), doubted(answer.doubted), fixing(answer), impact(answer.impact),
    absurd && h("p", { class: "note" }, "The speeds of these rows cannot be true of any GPU, as is said above. Look at the unit before you save them."),
    h("div", { class: "actions" }, save, answer.rejected > 0 && h("span", { class: "quiet" }, `${many(answer.rejected, "wrong row")} would be left out, and kept to be fixed later.`),
      storing === 0 && h("span", { class: "quiet" }, "There is nothing new in it to store.")));
}

/** Rows that look like times in another unit, and the unit that was chosen; rows whose counts are not those of their net, or that are in no group. @param {UploadAnswer} answer */
function mistaken(answer) {
  /** @param {string} word */
  const said = (word) => word.replaceAll("_", " ");
  /** @param {string | null} word */
  const take = (word) => () => {
    unit = word;
    return run(true);
  };
  const chosen = unit && h("p", { class: "note" }, `The rows are taken as ${said(unit)}. `, h("button", { type: "button", class: "plain", on: { click: take(null) } }, "Take them as they are"));
  const notes = (answer.units ?? []).map(({ detail, units }) => h("p", { class: "note" }, `${detail.replace(/: send .*/, "")}. `,
    h("button", { type: "button", on: { click: take(units) } }, `Check the rows as ${said(units)}`)));
  const others = [...answer.other_counts ?? [], ...answer.no_group ?? []].map(({ detail }) => h("p", { class: "note" }, `${detail}.`));
  return [chosen, ...notes, ...others];
}

/** @param {UploadAnswer} answer */
function fixing(answer) {
  if (!answer.errors.length) return null;
  const more = answer.rejected > answer.errors.length && h("p", { class: "note" }, `The first ${answer.errors.length} of ${answer.rejected} wrong rows. When all are wrong alike, fix the file and choose it again.`);
  const text = sent?.text ?? null;
  wrong = text !== null && type.value !== "text/plain" ? pick(text, type.value, answer.errors.map((error) => error.line)) : [];
  const listed = wrong.length ? wrong : answer.errors.map(({ line, value }) => ({ line, text: JSON.stringify(value) }));
  const again = h("button", { type: "button", on: { click: fixed } }, "Check the fixed rows");
  return h("div", { id: "fix" }, h("h3", {}, "To fix"), more, fixer(answer.errors, listed), wrong.length > 0 && h("div", { class: "actions" }, again));
}

function fixed() {
  if (!sent) return;
  if (mapping) {
    remap();
    run(true);
    return;
  }
  try {
    sent.text = patched(sent.text ?? "", type.value, wrong);
    sent.changed = true;
  } catch (error) {
    $("#fix").append(problem(new Mistake(`A row is not JSON: ${error instanceof Error ? error.message : error}`)));
    return;
  }
  run(true);
}

/** A stored upload: what became of it, and undo. @param {string} id */
async function stored(id) {
  const said = h("div", { role: "status" });
  try {
    /** @type {UploadSummary} */
    const upload = await get(`/v1/uploads/${encodeURIComponent(id)}`);
    fill(result, h("h2", {}, upload.removed_at ? "Taken out" : "Saved"), receipt(upload, { token, said, onchange: () => stored(id) }),
      settings.hidden && h("div", {}, token.element), said,
      h("p", {}, h("a", { href: `/uploads?upload=${upload.upload}` }, "See its rows"), ", or ", h("a", { href: "/uploads" }, "all uploads"), "."));
    result.focus();
  } catch (error) {
    fill(result, problem(error));
  }
}

// Sending timings: choose, check, fix, save, undo. Nothing is stored before it has been checked.

import { get, query, send, withToken } from "../core/api.js";
import { at } from "../core/place.js";
import { format, FORMATS, namesPlatform, platforms } from "../upload/detect.js";
import { $, debounced, field, fill, h, select } from "../core/dom.js";
import { date, many } from "../core/format.js";
import { problem } from "../parts/problem.js";
import { patched, pick } from "../upload/rows.js";
import { copyable } from "../parts/snippet.js";
import { State } from "../core/state.js";
import { TokenField } from "../core/token.js";
import { counted, doubted, fixer } from "../upload/verdicts.js";

/** Longest file whose rows are fixed here: it is held in memory as text. */
const EDITABLE = 64 * 2 ** 20;
const HEAD = 65536;

const state = new State({});
const token = new TokenField();
/** What is to be sent: the `file` as it is, or `text` where that was pasted or changed; of long files there is no text. */
let sent = null;
/** The wrong rows, as they were shown to be fixed. */
let wrong = [];

const type = select([["", "not recognised"], ...Object.entries(FORMATS)], "");
const platform = h("input", { autocomplete: "off", spellcheck: "false", list: "known-platforms", placeholder: "as the rows say" });
const mode = select([["", "as the rows say"], ["train", "training"], ["infer", "inference"]], "");
const net = h("input", { autocomplete: "off", spellcheck: "false", placeholder: "RegNetX-400MF" });
const platformHint = h("span", { class: "hint", role: "status" });
const file = h("input", { type: "file", id: "file", accept: ".csv,.json,.ndjson,.jsonl,.log,.txt,text/csv,application/json", on: { change: () => take(file.files[0]) } });
const pasted = h("textarea", { spellcheck: "false", placeholder: "platform,device,mode,label,name,batch_size,images_per_second\nmy-4090,NVIDIA GeForce RTX 4090,train,resnet50,ResNet-50,256,1510", on: { input: debounced(() => take(pasted.value), 300) } });
const [chosen, settings, result] = [h("p", { role: "status" }), h("section", { hidden: true }), h("section", { id: "result", tabindex: -1 })];
const check = h("button", { type: "button", class: "primary", on: { click: () => run(true) } }, "Check without storing");

build();
state.watch((now) => { if (now.upload) receipt(now.upload); });

function build() {
  const drop = h("div", { class: "drop", on: {
    dragover: (event) => { event.preventDefault(); drop.classList.add("over"); },
    dragleave: () => drop.classList.remove("over"),
    drop: (event) => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files[0] ?? event.dataTransfer.getData("text")); },
  } }, h("p", {}, "Drop a file here, or choose one:"), h("p", {}, h("label", { class: "visually-hidden", for: "file" }, "File of timings"), file),
  h("p", { class: "quiet small" }, "CSV, JSON or NDJSON of ours; a benchmark table of timm; a log or timing file of pycls."));
  const known = h("datalist", { id: "known-platforms" });
  get("/v1/platforms").then((answer) => fill(known, answer.platforms.map(({ id }) => h("option", { value: id })))).catch(() => {});
  const named = field("Platform", platform);
  named.append(platformHint);
  fill(settings, h("h2", {}, "How it is read"), h("div", { class: "filters" }, field("Format", type), named, field("Mode", mode), field("Net, of a pycls log", net)), known, token.element, h("div", { class: "actions" }, check));
  fill($("#upload"), drop, h("details", {}, h("summary", {}, "Paste instead"), field("Rows", pasted)), chosen, settings, result, help());
}

function help() {
  const body = "[{\"platform\": {\"id\": \"my-4090\", \"device\": \"NVIDIA GeForce RTX 4090\", \"precision\": \"amp\"},\n  \"mode\": \"train\", \"label\": \"resnet50\", \"model\": {\"name\": \"ResNet-50\"}, \"batch_size\": 256, \"images_per_second\": 1510.0}]";
  const url = location.origin + at("/v1/measurements");
  return h("details", { class: "call" }, h("summary", {}, "Call this from Python or curl"),
    h("h3", {}, "curl"), copyable(`curl -s ${url} -H "Authorization: Bearer $TOKEN" -H 'Content-Type: text/csv' --data-binary @timings.csv`),
    h("h3", {}, "Python"), copyable(`import os, requests\n\nanswer = requests.post("${url}", headers={"Authorization": "Bearer " + os.environ["TOKEN"]}, json=\n${body})\nprint(answer.json())`),
    h("p", {}, "Add ", h("code", {}, "?dry_run=true"), " to check without storing."));
}

/** Takes a file, or a text that was pasted. */
async function take(source) {
  fill(result);
  state.set({ upload: null }, { quietly: true });
  if (!source || (typeof source === "string" && !source.trim())) {
    sent = null;
    settings.hidden = true;
    fill(chosen);
    return;
  }
  const isText = typeof source === "string";
  const editable = isText || source.size <= EDITABLE;
  const text = isText ? source : editable ? await source.text() : null;
  const head = text ?? await source.slice(0, HEAD).text();
  sent = { file: isText ? null : source, text, changed: isText, name: isText ? null : source.name };
  type.value = format(head.slice(0, HEAD), sent.name ?? "") ?? "";
  recognise(head);
  const size = isText ? `${many(text.length, "character")}, pasted` : `${source.name}, ${(source.size / 1e6).toFixed(source.size < 1e5 ? 3 : 1)} MB`;
  fill(chosen, h("strong", {}, size), type.value ? ` – read as ${FORMATS[type.value]}.` : " – its format is not recognised: choose one.");
  settings.hidden = false;
  settings.scrollIntoView({ block: "nearest" });
}

function recognise(head) {
  const named = platforms(head, type.value);
  platform.value = "";
  if (named.length) platformHint.textContent = `The rows name ${named.join(", ")}.`;
  else if (namesPlatform(sent.name)) platformHint.textContent = "The file's name tells it; write an id to say it yourself.";
  else platformHint.textContent = "The rows name none: write its id.";
}

/** Sends what was chosen: only to be checked, or to be stored. */
async function run(dry) {
  if (!type.value) { type.focus(); return; }
  token.invalid = !token.value;
  if (!token.value) { token.focus(); return; }
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Sending" });
  const said = h("p", { role: "status" }, "Sending …");
  fill(result, said, bar);
  const path = query("/v1/measurements", { dry_run: dry || null, on_error: "skip", platform: platform.value.trim(), mode: mode.value, net: net.value.trim(), file_name: sent.name });
  const progress = (share) => {
    bar.value = share;
    if (share >= 1) {
      said.textContent = "Each row is being checked …";
      bar.removeAttribute("value");
    }
  };
  check.disabled = true;
  try {
    const answer = await send(path, { body: sent.changed ? sent.text : sent.file, type: type.value, token: token.value, progress });
    if (dry) verdict(answer);
    else state.set({ upload: answer.upload });
  } catch (error) {
    token.invalid = error.status === 401 || error.status === 403;
    fill(result, problem(error));
  }
  check.disabled = false;
  result.focus();
}

/** What would become of the rows; the wrong ones to be fixed. */
function verdict(answer) {
  const storing = answer.accepted + answer.quarantined;
  const save = h("button", { type: "button", class: "primary", disabled: storing === 0, on: { click: () => run(false) } }, `Save ${many(storing, "row")}`);
  fill(result, h("h2", {}, "What would become of it"), counted(answer), doubted(answer.doubted), fixing(answer),
    h("div", { class: "actions" }, save, answer.rejected > 0 && h("span", { class: "quiet" }, `${many(answer.rejected, "wrong row")} would be left out, and kept to be fixed later.`),
      storing === 0 && h("span", { class: "quiet" }, "There is nothing new in it to store.")));
}

function fixing(answer) {
  if (!answer.errors.length) return null;
  const more = answer.rejected > answer.errors.length && h("p", { class: "note" }, `The first ${answer.errors.length} of ${answer.rejected} wrong rows. When all are wrong alike, fix the file and choose it again.`);
  if (sent.text !== null && type.value !== "text/plain") wrong = pick(sent.text, type.value, answer.errors.map((error) => error.line));
  else wrong = [];
  const listed = wrong.length ? wrong : answer.errors.map(({ line, value }) => ({ line, text: JSON.stringify(value) }));
  const again = h("button", { type: "button", on: { click: fixed } }, "Check the fixed rows");
  return h("div", { id: "fix" }, h("h3", {}, "To fix"), more, fixer(answer.errors, listed), wrong.length > 0 && h("div", { class: "actions" }, again));
}

function fixed() {
  try {
    sent.text = patched(sent.text, type.value, wrong);
    sent.changed = true;
  } catch (error) {
    $("#fix").append(problem(Object.assign(new Error(`A row is not JSON: ${error.message}`), { requestId: null })));
    return;
  }
  run(true);
}

/** A stored upload: what became of it, and undo. */
async function receipt(id) {
  const path = `/v1/uploads/${encodeURIComponent(id)}`;
  try {
    const upload = await get(path);
    const removed = Boolean(upload.removed_at);
    const said = h("div", { role: "status" });
    const act = async (method, path) => {
      token.invalid = !token.value;
      if (!token.value) { settings.hidden = false; token.focus(); return; }
      try {
        await withToken(method, path, token.value);
        await receipt(id);
      } catch (error) {
        fill(said, problem(error));
      }
    };
    const button = removed
      ? h("button", { type: "button", on: { click: () => act("POST", `${path}/restore`) } }, "Put it back")
      : h("button", { type: "button", on: { click: () => act("DELETE", path) } }, "Undo: take it out of the fits");
    if (settings.hidden) fill(said, h("div", {}, token.element));
    fill(result, h("h2", {}, removed ? "Taken out" : "Saved"),
      h("p", {}, `Upload ${upload.upload} by ${upload.sender}, ${date(upload.created_at)}. `, removed ? "Its rows are kept, but in no fit, unless somebody else has sent them too." : "Its rows are on disk and in the fits."),
      counted(upload),
      upload.rejected > 0 && h("p", {}, h("a", { href: `${path}/rejected.csv`, download: `rejected-${upload.upload}.csv` }, "The wrong rows as CSV"), ", to fix and send again."),
      h("div", { class: "actions" }, button), said);
    result.focus();
  } catch (error) {
    fill(result, problem(error));
  }
}

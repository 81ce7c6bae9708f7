// Which of one's own columns is what: selects, filled in as far as the header says it.

import { field, fill, h, select } from "../core/dom.js";
import { many } from "../core/format.js";
import { read } from "../core/quantity.js";
import { changes, guess, mapped, sheet, UNITS, unitOf } from "./mapping.js";

/** @import { Fix, Sheet } from "./mapping.js" */
/** @import { Row } from "./rows.js" */

const PRECISIONS = ["fp32", "tf32", "amp", "amp_bf16", "fp16", "bf16"];
const IMAGENET = "1281167";

/**
 * The form for a table in `text`; `onchange` hears when something else was chosen.
 *
 * @param {string} text
 * @param {() => void} onchange
 */
export function mappingForm(text, onchange) {
  const table = sheet(text);
  const found = guess(table);
  const changed = () => { show(); onchange(); };
  const net = chosen(table, found.net, "none: flops, params and acts are columns", changed);
  const time = chosen(table, found.time, "choose the column …", () => { unit.value = time.value === "-1" ? "" : unitOf(table.names[Number(time.value)]); changed(); });
  const unit = select([["", "choose the unit …"], ...Object.entries(UNITS).map(([name, { text }]) => /** @type {[string, string]} */ ([name, text]))], found.unit, { on: { change: changed } });
  const batch = chosen(table, found.batch, "no column: the same in all rows", changed);
  const resolution = chosen(table, found.resolution, "no column: the net's own", changed);
  const [batches, images, count] = [typed("256", "numeric", changed), typed(IMAGENET, "numeric", changed), typed("1", "numeric", changed)];
  const device = typed("NVIDIA GeForce RTX 4090", "text", changed);
  const precision = select([["", "not known"], ...PRECISIONS.map((name) => /** @type {[string, string]} */ ([name, name]))], "", { on: { change: changed } });
  const [batchField, imagesField] = [field("Batch of all rows", batches), field("Images of an epoch", images, "ImageNet has 1,281,167.")];
  const said = h("p", { role: "status" });
  const [sample, remark] = [h("p", { class: "small" }), h("p", { class: "small", role: "status" })];
  /** What somebody wrote over wrong cells; of one cell the last counts. @type {Fix[]} */
  let fixes = [];
  /** @type {ReturnType<typeof mapped> | null} */
  let last = null;
  const element = h("div", {}, h("h3", {}, "Your columns"),
    h("p", { class: "small quiet" }, "The first line has names that are not ours. Say which column is what; the others are left out, and your file stays as it is."),
    h("div", { class: "fields wide" }, field("Net", net), field("Time or speed", time), field("Its unit", unit, "All devices together, unless it says otherwise."), field("Batch size, all devices", batch), batchField, field("Resolution", resolution), imagesField),
    h("h3", {}, "Where it was timed"), h("p", { class: "small quiet" }, "Needed where the platform is new. Its id stands above, under “Platform”."),
    h("div", { class: "fields wide" }, field("GPU", device), field("How many", count), field("Precision", precision)), sample, remark, said);

  /** Whether what is chosen needs this. @param {"batch" | "images"} what */
  const needs = (what) => UNITS[unit.value]?.needs === what;
  const show = () => {
    batchField.hidden = batch.value !== "-1";
    imagesField.hidden = !needs("images");
    for (const control of [time, unit]) control.setAttribute("aria-invalid", "false");
    said.textContent = "";
    fill(sample, example(table, { net: net.value, time: time.value, unit: unit.value }));
  };
  show();

  /** What is still missing, and where; null where nothing is. @returns {{control: HTMLElement, words: string} | null} */
  const missing = () => {
    if (time.value === "-1") return { control: time, words: "Choose the column that holds the time or the speed." };
    if (!unit.value) return { control: unit, words: `Choose the unit of “${table.names[Number(time.value)]}”: the file does not say it.` };
    const costs = ["flops", "params", "acts"].every((name) => table.names.includes(name));
    if (net.value === "-1" && !costs) return { control: net, words: "Choose the column that holds the names of the nets." };
    if (needs("batch") && batch.value === "-1" && !whole(batches.value)) return { control: batches, words: "A step's time takes a batch size: choose its column, or write the batch of all rows." };
    if (needs("images") && !whole(images.value)) return { control: images, words: "An epoch's time takes the number of its images." };
    return null;
  };

  return {
    element,
    /** Whether all is chosen; says what is not, and goes there. */
    complete() {
      const wanting = missing();
      if (!wanting) return true;
      wanting.control.setAttribute("aria-invalid", "true");
      said.textContent = wanting.words;
      wanting.control.focus();
      return false;
    },
    /** The table in our columns, for `platform` where that is written; null as long as something is missing. @param {string} platform */
    text(platform) {
      if (missing()) return null;
      const roles = { net: Number(net.value), time: Number(time.value), unit: unit.value, batch: Number(batch.value), resolution: Number(resolution.value) };
      /** @type {Record<string, string>} */
      const where = device.value.trim() ? { device: device.value.trim(), device_count: whole(count.value), precision: precision.value } : {};
      last = mapped(table, roles, { platform, ...where, batch_size: batch.value === "-1" ? whole(batches.value) : "", dataset_images: needs("images") ? whole(images.value) : "", ...(UNITS[unit.value].each && { device_count: whole(count.value) }) }, fixes);
      remark.textContent = fixes.length ? told(fixes.length, last.kept) : "";
      return last.text;
    },
    /** Keeps what was changed in `rows` of the text that was given last. @param {Row[]} rows */
    keep(rows) {
      if (last) fixes = [...fixes, ...changes(last, rows.flatMap((row) => ("cells" in row ? [row] : [])))];
    },
    /** Takes times that were said to be seconds for milliseconds; whether they were. */
    milliseconds() {
      if (unit.value !== "step_s") return false;
      unit.value = "step_ms";
      changed();
      return true;
    },
  };
}

/** A select of the columns of a table. @param {Sheet} table @param {number} value @param {string} none @param {() => void} change */
const chosen = ({ names }, value, none, change) => select([["-1", none], ...names.map((name, i) => /** @type {[string, string]} */ ([String(i), name || `column ${i + 1}`]))], String(value), { on: { change } });

/** @param {string} placeholder @param {"numeric" | "text"} inputmode @param {() => void} change */
const typed = (placeholder, inputmode, change) => h("input", { placeholder, inputmode, value: inputmode === "numeric" && placeholder !== "256" ? placeholder : "", spellcheck: "false", autocomplete: "off", on: { change } });

/** A whole number as it is sent, empty where `text` is none. @param {string} text */
function whole(text) {
  const found = read(text, "whole");
  return found && "value" in found ? String(found.value) : "";
}

/** The first row as it would be read. @param {Sheet} table @param {{net: string, time: string, unit: string}} roles */
function example({ names, rows }, { net, time, unit }) {
  const first = rows[0];
  if (!first || time === "-1") return "";
  const named = net === "-1" ? "a net" : first[Number(net)];
  return `${many(rows.length, "row")}. The first: ${named}, ${names[Number(time)]} ${first[Number(time)]}${unit ? `, read as ${UNITS[unit].text}` : ""}.`;
}

/** What became of cells that were fixed. @param {number} all @param {number} kept */
function told(all, kept) {
  const left = all - kept;
  return `${many(kept, "cell")} that you fixed ${kept === 1 ? "is" : "are"} kept${left ? `, ${left} left out, since ${left === 1 ? "its column is" : "their columns are"} read otherwise now` : ""}.`;
}

// A table whose columns are not ours: which of them are the net, the time and the batch, and the table in our columns.

import { line, records } from "../core/csv.js";
import { COLUMNS } from "./columns.js";

/** @typedef {"batch" | "images"} Needs */
/** @typedef {{text: string, column: "images_per_second" | "step_seconds" | "epoch_seconds", by: number, inverse?: boolean, each?: boolean, needs?: Needs}} TimeUnit */

/** What a time may be given in. @type {Record<string, TimeUnit>} */
export const UNITS = {
  images_per_second: { text: "images a second", column: "images_per_second", by: 1 },
  images_per_second_each: { text: "images a second of each GPU", column: "images_per_second", by: 1, each: true },
  image_ms: { text: "milliseconds an image", column: "images_per_second", by: 1000, inverse: true },
  step_ms: { text: "milliseconds a step", column: "step_seconds", by: 1e-3, needs: "batch" },
  step_s: { text: "seconds a step", column: "step_seconds", by: 1, needs: "batch" },
  step_us: { text: "microseconds a step", column: "step_seconds", by: 1e-6, needs: "batch" },
  epoch_s: { text: "seconds an epoch", column: "epoch_seconds", by: 1, needs: "images" },
  epoch_min: { text: "minutes an epoch", column: "epoch_seconds", by: 60, needs: "images" },
  epoch_h: { text: "hours an epoch", column: "epoch_seconds", by: 3600, needs: "images" },
};

/** @typedef {{separator: string, names: string[], rows: string[][]}} Sheet */
/** Positions of columns; -1 where there is none. @typedef {{net: number, time: number, unit: string, batch: number, resolution: number}} Roles */
/** What is the same in all rows; empty where it is not known. @typedef {Record<string, string>} Constants */

const SEPARATORS = [",", ";", "\t"];

/** The table that `text` is. @param {string} text @returns {Sheet} */
export function sheet(text) {
  const clean = text.replace(/^\uFEFF/, "");
  const first = clean.split("\n", 1)[0];
  const separator = SEPARATORS.reduce((best, one) => (first.split(one).length > first.split(best).length ? one : best));
  const [header, ...rows] = records(clean, separator).map(({ cells }) => cells);
  return { separator, names: (header ?? []).map((name) => name.trim()), rows };
}

/** The words of a name: "stepTime (ms)" is step, time, ms. @param {string} name */
const words = (name) => name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z0-9µ]+/).filter(Boolean);

const NETS = ["net", "network", "model", "arch", "architecture", "backbone", "name"];
const LEVELS = { step: ["step", "iter", "iteration", "batch"], epoch: ["epoch"], image: ["image", "img", "images", "imgs", "sample", "samples", "example", "examples"] };
const SCALES = { us: ["us", "µs"], ms: ["ms", "msec", "millis", "milliseconds"], s: ["s", "sec", "secs", "seconds", "second"], min: ["min", "mins", "minutes"], h: ["h", "hr", "hours"] };
const TIMES = ["time", "latency", "duration", "throughput", "speed", "ips", "fps", "epoch", "step", "iter"];

/** @param {Record<string, string[]>} kinds @param {string[]} said */
const kind = (kinds, said) => Object.keys(kinds).find((name) => kinds[name].some((word) => said.includes(word)));

/** The unit that a column's name says, empty where it leaves it open: milliseconds are not believed to be seconds. @param {string} name */
export function unitOf(name) {
  const said = words(name);
  const [level, scale] = [kind(LEVELS, said), kind(SCALES, said)];
  const rate = said.includes("per") || /\/ *s/.test(name.toLowerCase());
  if (rate && LEVELS.image.some((word) => said.includes(word)) && scale === "s") {
    return ["gpu", "device"].some((word) => said.includes(word)) ? "images_per_second_each" : "images_per_second";
  }
  return !rate && level && scale && `${level}_${scale}` in UNITS ? `${level}_${scale}` : "";
}

/** What the columns of a table are likely to be. @param {Sheet} sheet @returns {Roles} */
export function guess({ names }) {
  const said = names.map(words);
  const find = (/** @type {(said: string[], name: string) => boolean} */ is) => said.findIndex((words, i) => is(words, names[i]));
  const sure = find((_, name) => unitOf(name) !== "");
  const time = sure >= 0 ? sure : find((words, name) => words.some((word) => TIMES.includes(word)) || /\/ *s/.test(name));
  const exact = names.indexOf("name");
  return {
    net: exact >= 0 ? exact : find((words) => words.some((word) => NETS.includes(word))),
    time, unit: time >= 0 ? unitOf(names[time]) : "",
    batch: find((words, name) => (words.includes("batch") || words.includes("bs") || words.includes("batchsize")) && names[time] !== name),
    resolution: find((words) => words.some((word) => ["resolution", "res", "side", "imgsize", "px"].includes(word)) || (words.includes("size") && kind(LEVELS, words) === "image")),
  };
}

/** A number as we write it, from `text` in a table that `separator` separates; text that is none is left for the server to name. @param {string} text @param {string} separator */
function plain(text, separator) {
  const trimmed = text.trim();
  const pointed = separator === "," ? trimmed.replaceAll(/(?<=\d),(?=\d{3}(\D|$))/g, "") : trimmed.replace(/^(\d+),(\d+)$/, "$1.$2");
  return Number.isFinite(Number(pointed)) ? pointed : trimmed;
}

/** @param {string} text @param {TimeUnit} unit */
function converted(text, { by, inverse }) {
  const given = Number(text);
  if (text === "" || !Number.isFinite(given) || (by === 1 && !inverse)) return text;
  return String(Number((inverse ? by / given : given * by).toPrecision(12)));
}

/** What of a table is kept under its own name: what is called as with us, but for what tells a time. @param {Sheet} sheet @param {Roles} roles */
function kept({ names }, roles) {
  const taken = [roles.net, roles.time, roles.batch, roles.resolution];
  const times = Object.values(UNITS).map(({ column }) => String(column));
  return names.flatMap((name, i) => (COLUMNS.some((column) => column.name === name) && !taken.includes(i) && !times.includes(name) ? [{ name, at: i }] : []));
}

/** A column of ours, the one that it is read from (-1: the same in all rows), and the unit of a time there. @typedef {{name: string, at: number, unit?: string}} Origin */
/** What somebody wrote over a cell of a row, counted from 0, in a column of ours. @typedef {Origin & {row: number, value: string}} Fix */

/** Whether two columns of ours, of two mappings, hold the same. @param {Origin} one */
const same = (one) => (/** @type {Origin} */ other) => one.name === other.name && one.at === other.at && one.unit === other.unit;

/**
 * What was changed in `rows` of `text`, which `mapped` gave with `columns`.
 *
 * @param {{text: string, columns: Origin[]}} table
 * @param {{line: number, cells: string[]}[]} rows
 * @returns {Fix[]}
 */
export function changes({ text, columns }, rows) {
  const byLine = new Map(rows.map((row) => [row.line, row.cells]));
  return records(text).slice(1).flatMap(({ line, cells }, row) => {
    const now = byLine.get(line) ?? cells;
    return columns.flatMap((column, i) => (now[i] === cells[i] ? [] : [{ ...column, row, value: now[i] }]));
  });
}

/**
 * The table in our columns, with what somebody has changed where the cell is still read from the same column.
 *
 * @param {Sheet} sheet
 * @param {Roles} roles
 * @param {Constants} constants columns with one value
 * @param {Fix[]} fixes
 */
export function mapped(sheet, roles, constants, fixes = []) {
  const known = UNITS[roles.unit];
  const unit = known.each ? { ...known, by: Number(constants.device_count) || 1 } : known;
  const number = (/** @type {string} */ text) => plain(text, sheet.separator);
  const numbers = ["resolution", "batch_size", "flops", "params", "acts", "factor", "alpha", "device_count", "dataset_images", "noise"];
  /** @type {(Origin & {read: (text: string) => string})[]} */
  const columns = [
    ...kept(sheet, roles).map(({ name, at }) => ({ name, at, read: numbers.includes(name) ? number : (/** @type {string} */ text) => text })),
    { name: "name", at: roles.net, read: (/** @type {string} */ text) => text.trim() },
    { name: "resolution", at: roles.resolution, read: number },
    { name: "batch_size", at: roles.batch, read: number },
    { name: unit.column, at: roles.time, unit: roles.unit, read: (/** @type {string} */ text) => converted(number(text), unit) },
  ].filter(({ at }) => at >= 0);
  const fixed = Object.entries(constants).filter(([name, value]) => value && !columns.some((column) => column.name === name));
  const origins = [...columns.map(({ name, at, unit }) => ({ name, at, unit })), ...fixed.map(([name]) => ({ name, at: -1, unit: undefined }))];
  const rows = sheet.rows.map((cells) => [...columns.map(({ at, read }) => read(cells[at] ?? "")), ...fixed.map(([, value]) => value)]);
  const held = fixes.filter((fix) => origins.some(same(fix)));
  for (const fix of held) rows[fix.row][origins.findIndex(same(fix))] = fix.value;
  return { text: `${[origins.map(({ name }) => name), ...rows].map(line).join("\n")}\n`, columns: origins, kept: held.length };
}

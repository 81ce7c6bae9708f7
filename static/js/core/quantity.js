// Quantities as people type them and as they read them: one reader and one writer for all pages. What both do is a table,
// `tests/files/quantities.json`.

import { atMost, placed, significant } from "./digits.js";

const SECONDS = {
  ms: 1e-3, s: 1, sec: 1, secs: 1, second: 1, seconds: 1, m: 60, min: 60, mins: 60, minute: 60, minutes: 60,
  h: 3600, hr: 3600, hrs: 3600, hour: 3600, hours: 3600, d: 86400, day: 86400, days: 86400,
};
const COUNTS = { "": 1, k: 1e3, m: 1e6, g: 1e9, b: 1e9, t: 1e12, p: 1e15 };
const BYTES = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 };

/** @typedef {{what: string, examples: string, units: Record<string, number>, choices?: string[]}} Rule */
/** @typedef {"time" | "count" | "bytes" | "whole" | "money" | "factor"} Kind */

/** What may be typed. Where the bare number would be anyone's guess, `choices` are the units to choose from. @type {Record<Kind, Rule>} */
const RULES = {
  time: { what: "time", examples: "90 s, 20 min, 1.5 h or 3 days", units: SECONDS, choices: ["s", "min", "h"] },
  count: { what: "number", examples: "8 G, 25 M or 4.1e9", units: COUNTS },
  bytes: { what: "size", examples: "16 GB or 16 GiB", units: BYTES, choices: ["GB", "GiB"] },
  whole: { what: "whole number", examples: "90", units: { "": 1 } },
  money: { what: "amount", examples: "$24.50", units: { "": 1 } },
  factor: { what: "factor", examples: "4 or 0.5", units: { "": 1, x: 1, "×": 1 } },
};

const NUMBER = String.raw`((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)`;
const PART = new RegExp(String.raw`${NUMBER}\s*([a-z×]*)\s*`, "iy");
const SIGNS = /^([$€£¥])\s*|\s*([$€£¥])$/;

/** @typedef {{value: number, currency?: string} | {error: string}} Read */

/**
 * What `text` is, in seconds, bytes or ones; null where it is empty.
 *
 * @param {string | undefined} text
 * @param {Kind} kind
 * @returns {Read | null}
 */
export function read(text, kind) {
  const typed = (text ?? "").trim();
  if (!typed) return null;
  const { what, examples, units, choices } = RULES[kind];
  const none = { error: `${typed} is no ${what}: write one such as ${examples}` };
  const sign = kind === "money" ? typed.match(SIGNS) : null;
  const parts = split(sign ? typed.replace(SIGNS, "") : typed);
  // A time may have several parts, such as 1 h 30 min.
  if (!parts || (parts.length > 1 && kind !== "time")) return none;
  if (choices && parts.length === 1 && ["", "g", "b"].includes(parts[0].unit)) {
    return { error: `${typed} of what? Write ${choices.map((unit) => `${parts[0].number} ${unit}`).join(" or ")}` };
  }
  const value = parts.reduce((sum, { number, unit }) => sum + Number(number.replaceAll(",", "")) * (units[unit] ?? NaN), 0);
  if (!(value > 0) || !Number.isFinite(value) || (kind === "whole" && !Number.isInteger(value))) return none;
  return kind === "money" ? { value, currency: sign?.[1] ?? sign?.[2] ?? "$" } : { value };
}

/** @param {string} text */
function split(text) {
  const parts = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const found = PART.exec(text);
    if (!found) return null;
    parts.push({ number: found[1], unit: found[2].toLowerCase() });
  }
  return parts.length ? parts : null;
}

/**
 * The number that `text` is; null where it is empty or none.
 *
 * @param {string | undefined} text
 * @param {Kind} kind
 */
export function amount(text, kind) {
  const found = read(text, kind);
  return found && "value" in found ? found.value : null;
}

/** @typedef {[size: number, unit: string]} Unit */

/** @type {[least: number, size: number, unit: string][]} */
const SPANS = [[172800, 86400, "days"], [5400, 3600, "h"], [600, 60, "min"], [1, 1, "s"], [0, 0.001, "ms"]];
/** @type {Unit[]} */
const SI = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
/** @type {Unit[]} */
const SIZES = [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1, "kB"]];

/**
 * The unit in which a time is read best.
 *
 * @param {number} seconds
 * @returns {Unit}
 */
function natural(seconds) {
  const [, size, unit] = SPANS.find(([least]) => seconds >= least) ?? [0, 1, "s"];
  return [size, unit];
}

/**
 * A time in its natural unit: 532 s, 20.3 min, 5.12 h. `like` lends its unit.
 *
 * @param {number} seconds
 */
export function duration(seconds, like = seconds) {
  const [size, unit] = natural(like);
  return `${significant(seconds / size, 3)} ${unit}`;
}

/**
 * The two ends of an interval in one unit, that of the prediction: 18.0 to 22.9 min.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} like
 */
export function between(low, high, like, word = "to") {
  const [size, unit] = natural(like);
  return `${significant(low / size, 3)} ${word} ${significant(high / size, 3)} ${unit}`;
}

/**
 * The unit of a column of times, and how one is written in it: that of their middle, so that all can be compared.
 *
 * @param {number[]} times
 */
export function column(times) {
  const middle = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 1;
  const [size, unit] = natural(middle);
  return { unit, write: (/** @type {number} */ seconds) => significant(seconds / size, 3) };
}

/**
 * A count with its SI prefix: 15.46 G.
 *
 * @param {number} count
 */
export function si(count) {
  const found = SI.find(([size]) => Math.abs(count) >= size);
  return found ? `${significant(count / found[0], 4)} ${found[1]}` : atMost(count, 4);
}

/**
 * A size in memory, as data sheets have it: 4.21 GB.
 *
 * @param {number} count
 */
export function bytes(count) {
  const [size, unit] = SIZES.find(([size]) => count >= size) ?? [1e3, "kB"];
  return `${significant(count / (unit === "kB" ? 1e3 : size), 3)} ${unit}`;
}

/**
 * An amount of money: $1,234.50.
 *
 * @param {number} amount
 */
export const money = (amount, currency = "$") => currency + placed(amount, 2);

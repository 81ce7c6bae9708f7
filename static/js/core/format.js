// Numbers, dates and platforms as people read them. Quantities with a unit are in `quantity.js`.

import { atMost, placed, significant } from "./digits.js";

/** @import { MemoryFormat, Platform } from "api" */

/** A whole number in full: 15,459,535,460. @param {number} count */
export const exact = (count) => placed(count, 0);

/** A plain number with four significant digits, for columns. @param {number} number */
export const fixed = (number) => significant(number, 4);

/** A ratio: 3.77×. @param {number} ratio */
export const times = (ratio) => `${ratio >= 100 ? significant(ratio, 3) : ratio.toFixed(2)}×`;

/** A share in percent: 5.8 %. @param {number} share */
export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;

/** A plain number with at most four significant digits. @param {number} number */
export const plain = (number) => atMost(number, 4);

/** Pearson's r: .944. @param {number | null | undefined} r */
export const correlation = (r) => (r === null || r === undefined ? "–" : r.toFixed(3).replace(/^(-?)0/, "$1"));

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"];

/** The day of a time in RFC 3339, in UTC: 5 Sept 2026. @param {string} text */
export function date(text) {
  const day = new Date(text);
  return `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
}

/** Its minute: 5 Sept 2026, 09:05. @param {string} text */
export const moment = (text) => `${date(text)}, ${new Date(text).toISOString().slice(11, 16)}`;

/**
 * `count` of `noun`, with an s where there are not exactly one.
 *
 * @param {number} count
 * @param {string} noun
 */
export const many = (count, noun) => `${exact(count)} ${noun}${count === 1 ? "" : "s"}`;

/** @type {Record<MemoryFormat, string>} */
const LAYOUTS = { channels_first: "channels first", channels_last: "channels last" };

/** `text` with a capital letter first. @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A platform in words: 8 × Tesla V100 32GB. @param {Pick<Platform, "device" | "device_count">} platform */
export function device(platform) {
  const count = platform.device_count > 1 ? `${platform.device_count} × ` : "";
  return `${count}${platform.device}`;
}

/** What else tells a platform from others. @param {Platform} platform */
export function setup(platform) {
  const compiled = platform.compiled ? "compiled" : null;
  return [platform.precision, platform.memory_format && LAYOUTS[platform.memory_format], compiled, platform.framework].filter(Boolean).join(", ");
}

/** @type {Record<string, string>} */
export const MODES = { train: "training", infer: "inference" };

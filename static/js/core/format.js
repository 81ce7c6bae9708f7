// Numbers, dates and platforms as people read them. Quantities with a unit are in `quantity.js`.

/** @import { MemoryFormat, Platform } from "api" */

/** @param {Intl.NumberFormatOptions} options */
const english = (options) => new Intl.NumberFormat("en-GB", options);
const three = english({ minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const fourAlways = english({ minimumSignificantDigits: 4, maximumSignificantDigits: 4 });
const four = english({ maximumSignificantDigits: 4 });
const whole = english({});

/** A whole number in full: 15,459,535,460. @param {number} count */
export const exact = (count) => whole.format(count);

/** A plain number with four significant digits, for columns. @param {number} number */
export const fixed = (number) => fourAlways.format(number);

/** A ratio: 3.77×. @param {number} ratio */
export const times = (ratio) => `${ratio >= 100 ? three.format(ratio) : ratio.toFixed(2)}×`;

/** A share in percent: 5.8 %. @param {number} share */
export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;

/** A plain number with at most four significant digits. @param {number} number */
export const plain = (number) => four.format(number);

/** Pearson's r: .944. @param {number | null | undefined} r */
export const correlation = (r) => (r === null || r === undefined ? "–" : r.toFixed(3).replace(/^(-?)0/, "$1"));

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** The day of a time in RFC 3339. @param {string} text */
export const date = (text) => day.format(new Date(text));

const minute = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

/** The minute of a time in RFC 3339, in UTC. @param {string} text */
export const moment = (text) => minute.format(new Date(text));

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

// Quantities as people read them. Units are always said.

const english = (options) => new Intl.NumberFormat("en-GB", options);
const three = english({ minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const fourAlways = english({ minimumSignificantDigits: 4, maximumSignificantDigits: 4 });
const four = english({ maximumSignificantDigits: 4 });

/** A whole number in full: 15,459,535,460. */
export const exact = (count) => english({}).format(count);

const SI = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

/** A count with its SI prefix: 15.46 G. */
export function si(count) {
  const [size, prefix] = SI.find(([size]) => Math.abs(count) >= size) ?? [1, ""];
  return prefix ? `${fourAlways.format(count / size)} ${prefix}` : four.format(count);
}

const SPANS = [[172800, 86400, "days"], [7200, 3600, "h"], [600, 60, "min"], [1, 1, "s"], [0, 0.001, "ms"]];

/** A time in its natural unit: 532 s, 20.3 min, 5.12 h. `like` lends its unit to the ends of an interval. */
export function duration(seconds, like = seconds) {
  const [, size, unit] = SPANS.find(([least]) => like >= least) ?? SPANS.at(-1);
  return `${three.format(seconds / size)} ${unit}`;
}

/** The two ends of an interval, the unit said once: 18.0 to 22.9 min. */
export function between(low, high, like, word = "to") {
  const [, size, unit] = SPANS.find(([least]) => like >= least) ?? SPANS.at(-1);
  return `${three.format(low / size)} ${word} ${three.format(high / size)} ${unit}`;
}

/** A size in memory: 4.21 GiB. */
export const bytes = (count) => (count < 2 ** 30 ? `${three.format(count / 2 ** 20)} MiB` : `${three.format(count / 2 ** 30)} GiB`);

/** An amount of money, in whatever currency its price was: 1,234.50. */
export const money = (amount) => english({ minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(amount);

/** A plain number with four significant digits, for columns. */
export const fixed = (number) => fourAlways.format(number);

/** A ratio: 3.77×. */
export const times = (ratio) => `${ratio >= 100 ? three.format(ratio) : ratio.toFixed(2)}×`;

/** A share in percent: 5.8 %. */
export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;

/** A plain number with at most four significant digits. */
export const plain = (number) => four.format(number);

/** Pearson's r: .944. */
export const correlation = (r) => (r === null || r === undefined ? "–" : r.toFixed(3).replace(/^(-?)0/, "$1"));

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** The day of a time in RFC 3339. */
export const date = (text) => day.format(new Date(text));

/** `count` of `noun`, with an s where there are not exactly one. */
export const many = (count, noun) => `${exact(count)} ${noun}${count === 1 ? "" : "s"}`;

const LAYOUTS = { channels_first: "channels first", channels_last: "channels last" };

/** `text` with a capital letter first. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A platform in words: 8 × Tesla V100 32GB, amp, channels first. */
export function device(platform) {
  const count = platform.device_count > 1 ? `${platform.device_count} × ` : "";
  return `${count}${platform.device}`;
}

/** What else tells a platform from others. */
export function setup(platform) {
  const compiled = platform.compiled ? "compiled" : null;
  return [platform.precision, LAYOUTS[platform.memory_format], compiled, platform.framework].filter(Boolean).join(", ");
}

export const MODES = { train: "training", infer: "inference" };

// Quantities as people type them, with a unit or without: 10 min, 8 G, 16 GiB.

const KINDS = {
  time: { what: "a time, such as 90 s, 10 min, 2.5 h or 3 days", units: { "": 1, s: 1, sec: 1, min: 60, h: 3600, d: 86400, day: 86400, days: 86400 } },
  count: { what: "a number, such as 8 G, 25 M or 4.1e9", units: { "": 1, k: 1e3, m: 1e6, g: 1e9, b: 1e9, t: 1e12, p: 1e15 } },
  bytes: { what: "a size, such as 16 GiB or 24 GB", units: { "": 1, b: 1, mb: 1e6, gb: 1e9, tb: 1e12, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 } },
  whole: { what: "a whole number, such as 90", units: { "": 1 } },
  money: { what: "an amount, such as 24.50", units: { "": 1 } },
};

/** The number that `text` is, in seconds, bytes or ones; null where it is empty, undefined where it is none. */
export function quantity(text, kind) {
  if (!text?.trim()) return null;
  const [, number, unit] = text.trim().replaceAll(/(\d),(?=\d{3})/g, "$1").match(/^(\d*\.?\d+(?:e[+-]?\d+)?)\s*([a-z]*)$/i) ?? [];
  const size = KINDS[kind].units[unit?.toLowerCase()];
  const value = Number(number) * size;
  if (!(value > 0) || !Number.isFinite(value) || (kind === "whole" && !Number.isInteger(value))) return undefined;
  return value;
}

/** What a text that is none is told. */
export function wanted(kind) {
  return `Write ${KINDS[kind].what}.`;
}

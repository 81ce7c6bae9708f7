// What a file is, told from how it begins, so that it can be said before anything is sent. The server looks for itself.

import { records } from "../core/csv.js";

/** @typedef {"text/csv" | "application/json" | "application/x-ndjson" | "text/plain"} Format */

/** @type {Record<Format, string>} */
export const FORMATS = {
  "text/csv": "CSV: a column for each field, or timm's table",
  "application/json": "JSON: an object, an array, or timm's output",
  "application/x-ndjson": "NDJSON: an object on each line",
  "text/plain": "a log of pycls",
};

/** Whether `type` is a format that is read here. @param {string} type @returns {type is Format} */
export const isFormat = (type) => Object.hasOwn(FORMATS, type);

/** The media type of `text`, called `name` where it is a file; null where it is nothing that is known. @param {string} text @returns {Format | null} */
export function format(text, name = "") {
  const head = text.replace(/^\uFEFF/, "").trimStart();
  if (!head) return null;
  if (/^\[[^\]\n]*\.py: *\d+\]/.test(head) || head.includes("json_stats: {")) return "text/plain";
  if (head.split("\n", 200).some((line) => line.trim() === "--result")) return "application/json";
  if (head.startsWith("[")) return "application/json";
  if (head.startsWith("{")) {
    const [first, second] = head.split("\n");
    return /\.(ndjson|jsonl)$/i.test(name) || (whole(first) && second?.trim()) ? "application/x-ndjson" : "application/json";
  }
  return /[,;\t]/.test(head.split("\n", 1)[0]) ? "text/csv" : null;
}

/** @param {string} line */
function whole(line) {
  try {
    return typeof JSON.parse(line) === "object";
  } catch {
    return false;
  }
}

/** The platforms that the beginning of `text` names, in their order; none where its rows do not say. @param {string} text @param {string} type */
export function platforms(text, type) {
  const head = text.slice(0, 65536);
  /** @type {Set<string>} */
  const found = new Set();
  if (type === "text/csv") {
    const [header, ...rows] = records(head);
    const column = header?.cells.map((cell) => cell.trim().replace(/^\uFEFF/, "")).indexOf("platform") ?? -1;
    if (column >= 0) for (const { cells } of rows) if (cells[column]) found.add(cells[column]);
  } else {
    for (const [, id] of head.matchAll(/"platform"\s*:\s*(?:\{[^}]*?"id"\s*:\s*)?"([^"]+)"/g)) found.add(id);
  }
  return [...found].slice(0, 20);
}

/** Whether the file's name tells a platform: that of timm's tables does. @param {string | null} name */
export function namesPlatform(name) {
  return /^benchmark-.+\.csv$/i.test(name ?? "");
}

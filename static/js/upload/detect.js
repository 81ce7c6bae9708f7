// What a file is, told from how it begins, so that it can be said before anything is sent. The server looks for itself.

import { records } from "../core/csv.js";

export const FORMATS = {
  "text/csv": "CSV: a column for each field, or timm's table",
  "application/json": "JSON: an object, an array, or timm's output",
  "application/x-ndjson": "NDJSON: an object on each line",
  "text/plain": "a log of pycls",
};

/** The media type of `text`, called `name` where it is a file; null where it is nothing that is known. */
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
  return head.split("\n", 1)[0].includes(",") ? "text/csv" : null;
}

function whole(line) {
  try {
    return typeof JSON.parse(line) === "object";
  } catch {
    return false;
  }
}

/** The platforms that the beginning of `text` names, in their order; none where its rows do not say. */
export function platforms(text, type) {
  const head = text.slice(0, 65536);
  const found = new Set();
  if (type === "text/csv") {
    const [header, ...rows] = records(head);
    const column = header?.cells.map((cell) => cell.trim().replace(/^\uFEFF/, "")).indexOf("platform") ?? -1;
    if (column >= 0) for (const { cells } of rows.slice(0, -1).concat(rows.slice(-1))) if (cells[column]) found.add(cells[column]);
  } else {
    for (const [, id] of head.matchAll(/"platform"\s*:\s*(?:\{[^}]*?"id"\s*:\s*)?"([^"]+)"/g)) found.add(id);
  }
  return [...found].slice(0, 20);
}

/** The file's name where it tells a platform: that of timm's tables. */
export function namesPlatform(name) {
  return /^benchmark-.+\.csv$/i.test(name ?? "");
}

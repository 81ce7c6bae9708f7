// The rows of a text by their lines, to show those that are wrong and to put better ones in their place.

import { line, records } from "../core/csv.js";

/**
 * The rows of `text` on `lines`: for CSV {line, names, cells}, else {line, text}.
 * Lines count from 1; in a JSON array they are positions.
 */
export function pick(text, type, lines) {
  if (type === "text/csv") {
    const [header, ...rest] = records(text);
    const wanted = new Set(lines);
    const found = rest.filter((record) => wanted.has(record.line));
    // A row with more cells than there are columns is shown as it stands, or the last would be out of sight.
    return found.map((record) => (record.cells.length > header.cells.length
      ? { line: record.line, start: record.start, end: record.end, text: text.slice(record.start, record.end) }
      : { ...record, names: header.cells }));
  }
  if (type === "application/x-ndjson") {
    const all = text.split("\n");
    return lines.map((line) => ({ line, text: all[line - 1] ?? "" }));
  }
  if (type === "application/json") {
    const value = JSON.parse(text);
    const list = Array.isArray(value) ? value : [value];
    return lines.map((line) => ({ line, text: JSON.stringify(list[line - 1]) }));
  }
  return [];
}

/** `text` with `rows` as `pick` gave them, changed, in their places. */
export function patched(text, type, rows) {
  if (type === "text/csv") {
    const ordered = [...rows].sort((a, b) => a.start - b.start);
    const parts = [];
    let from = 0;
    for (const row of ordered) {
      const kept = text.slice(row.start, row.end).endsWith("\r") ? "\r" : "";
      parts.push(text.slice(from, row.start), row.cells ? line(row.cells) : row.text, row.cells ? kept : "");
      from = row.end;
    }
    return parts.join("") + text.slice(from);
  }
  if (type === "application/x-ndjson") {
    const all = text.split("\n");
    for (const row of rows) all[row.line - 1] = row.text;
    return all.join("\n");
  }
  const value = JSON.parse(text);
  const list = Array.isArray(value) ? value : [value];
  for (const row of rows) list[row.line - 1] = JSON.parse(row.text);
  return JSON.stringify(Array.isArray(value) ? list : list[0]);
}

// The rows of a text by their lines, to show those that are wrong and to put better ones in their place.

import { line, records } from "../core/csv.js";

/** A row with its cells under the names of its columns. @typedef {{line: number, start: number, end: number, names: string[], cells: string[]}} CellRow */
/** A row as it stands; of a CSV with its place in the text. @typedef {{line: number, text: string, start?: number, end?: number}} TextRow */
/** @typedef {CellRow | TextRow} Row */

/**
 * The rows of `text` on `lines`: for CSV with their cells. Lines count from 1; in a JSON array they are positions.
 *
 * @param {string} text
 * @param {string} type
 * @param {number[]} lines
 * @returns {Row[]}
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

/** What a row is now, as text. @param {Row} row */
const written = (row) => ("cells" in row ? line(row.cells) : row.text);

/**
 * `text` with `rows` as `pick` gave them, changed, in their places.
 *
 * @param {string} text
 * @param {string} type
 * @param {Row[]} rows
 */
export function patched(text, type, rows) {
  if (type === "text/csv") {
    const placed = rows.flatMap((row) => (row.start === undefined || row.end === undefined ? [] : [{ row, start: row.start, end: row.end }]));
    const parts = [];
    let from = 0;
    for (const { row, start, end } of placed.sort((a, b) => a.start - b.start)) {
      const kept = "cells" in row && text.slice(start, end).endsWith("\r") ? "\r" : "";
      parts.push(text.slice(from, start), written(row), kept);
      from = end;
    }
    return parts.join("") + text.slice(from);
  }
  if (type === "application/x-ndjson") {
    const all = text.split("\n");
    for (const row of rows) all[row.line - 1] = written(row);
    return all.join("\n");
  }
  const value = JSON.parse(text);
  const list = Array.isArray(value) ? value : [value];
  for (const row of rows) list[row.line - 1] = JSON.parse(written(row));
  return JSON.stringify(Array.isArray(value) ? list : list[0]);
}

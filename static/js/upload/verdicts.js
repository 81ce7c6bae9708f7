// What became of rows, or would: the counts, the rows to fix, those that would be kept out of the fits.

import { h } from "../core/dom.js";
import { exact, many } from "../core/format.js";
import { table } from "../parts/table.js";

/** @import { Doubted, RowProblem, UploadSummary } from "api" */
/** @import { Column } from "../parts/table.js" */
/** @import { CellRow, Row, TextRow } from "./rows.js" */
/** @typedef {"accepted" | "duplicates" | "quarantined" | "rejected"} Verdict */
/** @typedef {Pick<UploadSummary, Verdict>} Counts */

/** @type {{name: Verdict, meaning: string}[]} */
const MEANING = [
  { name: "accepted", meaning: "in the fits from then on" },
  { name: "duplicates", meaning: "already stored: nothing new" },
  { name: "quarantined", meaning: "stored, but kept out of the fits: far off what is expected" },
  { name: "rejected", meaning: "wrong, not stored" },
];

/** The four counts, which add up to the rows sent. @param {Counts} answer */
export function counted(answer) {
  const total = MEANING.reduce((sum, { name }) => sum + answer[name], 0);
  /** @type {Column<{name: Verdict, meaning: string}>[]} */
  const columns = [
    { title: "Rows", number: true, cell: ({ name }) => exact(answer[name]) },
    { title: "Verdict", head: true, cell: ({ name }) => name },
    { title: "What that means", cell: ({ meaning }) => meaning },
  ];
  return table({ caption: `${many(total, "row")} in all`, columns, rows: MEANING });
}

/** @typedef {{error: RowProblem, row: Row}} Wrong */

/** Rows that are wrong, each with its cells to be changed; `rows` as `pick` gave them. @param {RowProblem[]} errors @param {Row[]} rows */
export function fixer(errors, rows) {
  const byLine = new Map(rows.map((row) => [row.line, row]));
  const shown = errors.flatMap((error) => {
    const row = byLine.get(error.line);
    return row ? [{ error, row }] : [];
  });
  /** @type {Column<Wrong>[]} */
  const columns = [
    { title: "Line", number: true, cell: ({ error }) => error.line },
    { title: "What is wrong", head: true, class: "reason", cell: ({ error }) => [h("code", {}, error.field || "row"), `: ${error.detail}`, error.hint && h("span", { class: "sub" }, error.hint)] },
    { title: "The row", cell: ({ error, row }) => ("cells" in row ? cells(error, row) : whole(error, row)) },
  ];
  return table({ caption: `${many(shown.length, "row")} to fix`, columns, rows: shown, cards: true });
}

/** The columns of a CSV that an error is about: by its name, or by the part of a nested field. @param {RowProblem} error @param {string[]} names */
function blamed(error, names) {
  const parts = error.field.split("/");
  const found = names.map((name) => name.trim()).filter((name) => parts.includes(name) || name === error.field);
  return new Set(found.length ? found : names.map((name) => name.trim()));
}

/** @param {RowProblem} error @param {CellRow} row */
function cells(error, row) {
  const wrong = blamed(error, row.names);
  /** @param {{name: string, i: number}} cell */
  const edit = ({ name, i }) => {
    const input = h("input", {
      value: row.cells[i] ?? "", "aria-invalid": String(wrong.has(name.trim()) && wrong.size < row.names.length),
      on: { input: () => { row.cells[i] = input.value; } },
    });
    return h("label", { class: "cell" }, name.trim(), input);
  };
  const all = row.names.map((name, i) => ({ name, i }));
  const near = all.filter(({ name, i }) => wrong.has(name.trim()) || (row.cells[i] && ["label", "name"].includes(name.trim())));
  const far = all.filter((one) => !near.includes(one));
  return h("div", { class: "row" }, h("div", { class: "cells" }, near.map(edit)),
    far.length > 0 && h("details", {}, h("summary", { class: "small" }, "the other columns"), h("div", { class: "cells" }, far.map(edit))));
}

/** @param {RowProblem} error @param {TextRow} row */
function whole(error, row) {
  const text = h("textarea", { value: row.text, spellcheck: "false", "aria-label": `Line ${error.line}`, rows: 2, on: { input: () => { row.text = text.value.replaceAll("\n", " "); } } });
  return text;
}

/** @typedef {{reason: string, lines: number[]}} Doubt */

/** The rows that are kept out of the fits, those of one reason together. @param {Doubted[]} rows */
export function doubted(rows) {
  if (!rows.length) return null;
  /** @type {Map<string, Doubt>} */
  const reasons = new Map();
  for (const { line, reason } of rows) {
    // What differs between rows of one kind is their numbers.
    const kind = reason.replaceAll(/[\d.,]+/g, "#");
    const doubt = reasons.get(kind) ?? { reason, lines: [] };
    doubt.lines.push(line);
    reasons.set(kind, doubt);
  }
  /** @type {Column<Doubt>[]} */
  const columns = [
    { title: "Rows", number: true, cell: ({ lines }) => exact(lines.length) },
    { title: "Why", head: true, cell: ({ reason, lines }) => (lines.length > 1 ? `for one: ${reason}` : reason) },
    { title: "Lines", cell: ({ lines }) => `${lines.slice(0, 8).join(", ")}${lines.length > 8 ? ", …" : ""}` },
  ];
  return table({ caption: `${many(rows.length, "row")} kept out of the fits, and why`, columns, rows: [...reasons.values()], cards: true });
}

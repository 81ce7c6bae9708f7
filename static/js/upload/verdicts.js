// What became of rows, or would: the counts, the rows to fix, those that would be kept out of the fits.

import { h } from "../core/dom.js";
import { exact, many } from "../core/format.js";
import { table } from "../parts/table.js";

const MEANING = [
  ["accepted", "in the fits from then on"],
  ["duplicates", "already stored: nothing new"],
  ["quarantined", "stored, but kept out of the fits: far off what is expected"],
  ["rejected", "wrong, not stored"],
];

/** The four counts, which add up to the rows sent. */
export function counted(answer) {
  const total = MEANING.reduce((sum, [name]) => sum + answer[name], 0);
  const columns = [
    { title: "Rows", number: true, cell: ([name]) => exact(answer[name]) },
    { title: "Verdict", head: true, cell: ([name]) => name },
    { title: "What that means", cell: ([, meaning]) => meaning },
  ];
  return table({ caption: `${many(total, "row")} in all`, columns, rows: MEANING });
}

/** Rows that are wrong, each with its cells to be changed; `rows` as `pick` gave them. */
export function fixer(errors, rows) {
  const byLine = new Map(rows.map((row) => [row.line, row]));
  const shown = errors.filter((error) => byLine.has(error.line)).map((error) => ({ error, row: byLine.get(error.line) }));
  const columns = [
    { title: "Line", number: true, cell: ({ error }) => error.line },
    { title: "What is wrong", head: true, class: "reason", cell: ({ error }) => [h("code", {}, error.field || "row"), `: ${error.detail}`, error.hint && h("span", { class: "sub" }, error.hint)] },
    { title: "The row", cell: ({ error, row }) => (row.cells ? cells(error, row) : whole(error, row)) },
  ];
  return table({ caption: `${many(shown.length, "row")} to fix`, columns, rows: shown, cards: true });
}

/** The columns of a CSV that an error is about: by its name, or by the part of a nested field. */
function blamed(error, names) {
  const parts = String(error.field).split("/");
  const found = names.map((name) => name.trim()).filter((name) => parts.includes(name) || name === error.field);
  return new Set(found.length ? found : names.map((name) => name.trim()));
}

function cells(error, row) {
  const wrong = blamed(error, row.names);
  const edit = (name, i) => h("label", { class: "cell" }, name.trim(), h("input", {
    value: row.cells[i] ?? "", "aria-invalid": String(wrong.has(name.trim()) && wrong.size < row.names.length),
    on: { input: (event) => { row.cells[i] = event.target.value; } },
  }));
  const all = row.names.map((name, i) => ({ name, i }));
  const near = all.filter(({ name, i }) => wrong.has(name.trim()) || (row.cells[i] && ["label", "name"].includes(name.trim())));
  const far = all.filter((one) => !near.includes(one));
  return h("div", { class: "row" }, h("div", { class: "cells" }, near.map(({ name, i }) => edit(name, i))),
    far.length && h("details", {}, h("summary", { class: "small" }, "the other columns"), h("div", { class: "cells" }, far.map(({ name, i }) => edit(name, i)))));
}

function whole(error, row) {
  return h("textarea", { value: row.text, spellcheck: "false", "aria-label": `Line ${error.line}`, rows: 2, on: { input: (event) => { row.text = event.target.value.replaceAll("\n", " "); } } });
}

/** The rows that are kept out of the fits. */
export function doubted(rows) {
  if (!rows?.length) return null;
  const columns = [{ title: "Line", number: true, cell: (row) => row.line }, { title: "Why", head: true, cell: (row) => row.reason }];
  return h("details", {}, h("summary", {}, `${many(rows.length, "row")} kept out of the fits, and why`), table({ caption: "Rows kept out of the fits", hidden: true, columns, rows }));
}

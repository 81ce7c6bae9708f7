// A list that is searched, narrowed and sorted on the page itself: what is wanted of it stands in the address.

import { debounced, field, fill, h, select } from "../core/dom.js";
import { many } from "../core/format.js";
import { table } from "./table.js";

/** @import { State } from "../core/state.js" */
/** @import { Column } from "./table.js" */

/**
 * @template Row
 * @typedef {Column<Row> & {by?: (row: Row) => string | number | null}} Sortable a column with what it is sorted by, if it is
 */

/**
 * @template Row
 * @typedef {object} Choice
 * @property {string} name of the parameter in the address
 * @property {string} label
 * @property {[string, string][]} options value and text; the first, which is empty, takes all
 * @property {(row: Row, value: string) => boolean} takes
 */

/**
 * @template Row
 * @typedef {object} Listing
 * @property {State} state
 * @property {string} caption
 * @property {string} noun what a row is
 * @property {{label: string, placeholder: string}} search
 * @property {Choice<Row>[]} choices
 * @property {Sortable<Row>[]} columns
 * @property {Row[]} rows in the order in which they are shown where none was asked for
 * @property {(row: Row) => (string | undefined)[]} words by which a row is found
 */

/** Rows shown at once: more than one looks through, few enough for a phone. */
const SHOWN = 50;

/** @param {string} text */
const bare = (text) => text.toLowerCase().replaceAll(/[^a-z0-9.]/g, "");

/**
 * Puts the list into `place`.
 *
 * @template Row
 * @param {Element} place
 * @param {Listing<Row>} what
 */
export function listing(place, { state, caption, noun, search, choices, columns, rows, words }) {
  const found = rows.map((row) => ({ row, words: words(row).map((word) => bare(word ?? "")) }));
  const box = h("input", { type: "search", placeholder: search.placeholder, autocomplete: "off", spellcheck: "false", on: {
    input: debounced(() => state.set({ q: box.value.trim(), all: null }, { quietly: true }), 150),
  } });
  const selects = choices.map(({ name, label, options }) => {
    const control = select(options, "", { on: { change: () => state.set({ [name]: control.value, all: null }) } });
    return { name, control, element: field(label, control) };
  });
  const said = h("p", { class: "small quiet", role: "status" });
  const shown = h("div", {});
  fill(place, h("form", { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } },
    field(search.label, box), selects.map(({ element }) => element)), said, shown);

  state.watch((now) => {
    if (document.activeElement !== box) box.value = now.q ?? "";
    for (const { name, control } of selects) control.value = now[name] ?? "";
    const wanted = (now.q ?? "").split(/\s+/).map(bare).filter(Boolean);
    const taken = found.filter(({ row, words }) => wanted.every((one) => words.some((word) => word.includes(one)))
      && choices.every(({ name, takes }) => !now[name] || takes(row, now[name]))).map(({ row }) => row);
    const ordered = sorted(taken, columns, now.sort);
    const some = now.all ? ordered : ordered.slice(0, SHOWN);
    said.textContent = taken.length === rows.length ? many(rows.length, noun) : `${taken.length} of ${many(rows.length, noun)}`;
    fill(shown, some.length ? table({ caption, hidden: true, columns, rows: some, sorted: now.sort, onsort: (sort) => state.set({ sort }), cards: true }) : none(state, noun),
      ordered.length > some.length && h("p", {}, h("button", { type: "button", on: { click: () => state.set({ all: 1 }) } }, `Show all ${ordered.length}`)));
  });
}

/**
 * `rows` by the column that `sort` names, such as "-flops"; what has no value there comes last.
 *
 * @template Row
 * @param {Row[]} rows
 * @param {Sortable<Row>[]} columns
 * @param {string | undefined} sort
 */
function sorted(rows, columns, sort) {
  const by = columns.find((column) => column.sort && column.sort === sort?.replace(/^-/, ""))?.by;
  if (!by) return rows;
  const sign = sort?.startsWith("-") ? -1 : 1;
  return rows.map((row) => ({ row, value: by(row) })).sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
    return sign * (typeof a.value === "string" ? a.value.localeCompare(String(b.value), "en", { numeric: true }) : a.value - Number(b.value));
  }).map(({ row }) => row);
}

/** @param {State} state @param {string} noun */
function none(state, noun) {
  const all = Object.fromEntries(Object.keys(state.get()).map((name) => [name, null]));
  return h("p", { class: "note" }, `No ${noun} is like this. `, h("button", { type: "button", class: "plain", on: { click: () => state.set(all) } }, "Show all"));
}

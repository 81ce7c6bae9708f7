// Tables: a column says how to show its value; numbers stand to the right.

import { h } from "../core/dom.js";

/** @import { Child } from "../core/dom.js" */

/**
 * @template Row
 * @typedef {object} Column
 * @property {Child} title
 * @property {string} [unit]
 * @property {(row: Row) => Child} cell
 * @property {boolean} [number] whether it stands to the right
 * @property {boolean} [head] whether it names the row
 * @property {string} [sort] what the order by it is called
 * @property {string} [class]
 */

/**
 * @template Row
 * @typedef {object} Table
 * @property {string} caption
 * @property {boolean} [hidden] whether the caption is only for those who do not see
 * @property {Column<Row>[]} columns
 * @property {Row[]} rows
 * @property {string} [sorted] the present order, such as "-acts"
 * @property {(sort: string) => void} [onsort] hears the new one
 * @property {boolean} [cards] on narrow screens each row is a card
 * @property {(row: Row) => boolean} [chosen]
 */

/**
 * A table.
 *
 * @template Row
 * @param {Table<Row>} what
 */
export function table({ caption, hidden = false, columns, rows, sorted, onsort, cards = false, chosen }) {
  const head = columns.map((column) => header(column, sorted, onsort));
  const body = rows.map((row) => h("tr", { class: chosen?.(row) && "chosen" }, columns.map((column) => cell(column, row, cards))));
  const label = h("caption", { class: hidden ? "visually-hidden" : null }, caption);
  return scrolling(h("table", { class: cards ? "cards full" : "full" }, label, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)), caption);
}

/**
 * A frame that is a stop of the keyboard, and a region called `name`, only while what it holds is wider: then it says so.
 *
 * @param {HTMLElement} content
 * @param {string} name
 */
function scrolling(content, name) {
  const cue = h("p", { class: "cue", "aria-hidden": "true", hidden: true }, "Scroll sideways for more →");
  const frame = h("div", { class: "scroll" }, content);
  const stop = { tabindex: "0", role: "region", "aria-label": name };
  const look = () => {
    const wider = frame.scrollWidth > frame.clientWidth + 1;
    for (const [attribute, value] of Object.entries(stop)) {
      if (wider) frame.setAttribute(attribute, value);
      else frame.removeAttribute(attribute);
    }
    cue.hidden = !wider;
    frame.classList.toggle("more", wider && frame.scrollLeft + frame.clientWidth < frame.scrollWidth - 1);
  };
  new ResizeObserver(look).observe(frame);
  frame.addEventListener("scroll", look, { passive: true });
  return h("div", {}, cue, frame);
}

/**
 * @template Row
 * @param {Column<Row>} column
 * @param {string} [sorted]
 * @param {(sort: string) => void} [onsort]
 */
function header({ title, unit, number, sort, class: name }, sorted, onsort) {
  const text = [title, unit && h("span", { class: "unit" }, ` ${unit}`)];
  const attributes = { scope: "col", class: [number && "number", name].filter(Boolean).join(" ") || null };
  if (!sort || !onsort) return h("th", attributes, text);
  const direction = sorted === sort ? "ascending" : sorted === `-${sort}` ? "descending" : null;
  const next = direction === "ascending" ? `-${sort}` : direction === "descending" ? sort : number ? `-${sort}` : sort;
  return h("th", { ...attributes, "aria-sort": direction ?? "none" }, h("button", { type: "button", on: { click: () => onsort(next) } }, text));
}

/**
 * @template Row
 * @param {Column<Row>} column
 * @param {Row} row
 * @param {boolean} cards
 */
function cell(column, row, cards) {
  const name = [column.number && "number", column.class].filter(Boolean).join(" ") || null;
  const content = column.cell(row);
  if (column.head) return h("th", { scope: "row", class: name }, content);
  const label = typeof column.title === "string" ? [column.title, column.unit].filter(Boolean).join(" ") : null;
  return h("td", { class: name, "data-label": cards ? label : null }, cards ? h("span", {}, content) : content);
}

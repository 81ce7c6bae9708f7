// Tables: a column says how to show its value; numbers stand to the right.

import { h } from "../core/dom.js";

/**
 * A table of `rows` with `columns` of {title, cell(row), number, unit, sort, head}.
 *
 * `sorted` is the present order, such as "-acts"; `onsort` hears the new one. `cards`: on narrow screens each row is a card.
 */
export function table({ caption, hidden = false, columns, rows, sorted, onsort, cards = false, chosen }) {
  const head = columns.map((column) => header(column, sorted, onsort));
  const body = rows.map((row) => h("tr", { class: chosen?.(row) && "chosen" }, columns.map((column) => cell(column, row, cards))));
  const label = h("caption", { class: hidden ? "visually-hidden" : null }, caption);
  return scrolling(h("div", { class: "scroll" },
    h("table", { class: cards ? "cards full" : "full" }, label, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body))), typeof caption === "string" ? caption : "Table");
}

/** A frame that is a stop of the keyboard, and a region called `name`, only while what it holds is wider. */
function scrolling(frame, name) {
  const stop = { tabindex: 0, role: "region", "aria-label": name };
  new ResizeObserver(() => {
    const wider = frame.scrollWidth > frame.clientWidth + 1;
    for (const [attribute, value] of Object.entries(stop)) {
      if (wider) frame.setAttribute(attribute, value);
      else frame.removeAttribute(attribute);
    }
  }).observe(frame);
  return frame;
}

function header({ title, unit, number, sort, class: name }, sorted, onsort) {
  const text = [title, unit && h("span", { class: "unit" }, ` ${unit}`)];
  const attributes = { scope: "col", class: [number && "number", name].filter(Boolean).join(" ") || null };
  if (!sort || !onsort) return h("th", attributes, text);
  const direction = sorted === sort ? "ascending" : sorted === `-${sort}` ? "descending" : null;
  const next = direction === "ascending" ? `-${sort}` : direction === "descending" ? sort : number ? `-${sort}` : sort;
  return h("th", { ...attributes, "aria-sort": direction ?? "none" }, h("button", { type: "button", on: { click: () => onsort(next) } }, text));
}

function cell(column, row, cards) {
  const name = [column.number && "number", column.class].filter(Boolean).join(" ") || null;
  const content = column.cell(row);
  if (column.head) return h("th", { scope: "row", class: name }, content);
  return h("td", { class: name, "data-label": cards ? [column.title, column.unit].filter(Boolean).join(" ") : null }, cards ? h("span", {}, content) : content);
}

// The legend of a chart: a box for each series, which hides it or shows it.

import { fill, h, svg } from "../core/dom.js";

/** Tells a drawing that other series of it are hidden now. */
export const CHANGED = "series";

/**
 * Fills `place` with the series of `drawing`, where it has several; `hidden` holds the names of those that are hidden, and
 * keeps them when the chart is drawn anew.
 *
 * @param {Element} place
 * @param {SVGSVGElement} drawing
 * @param {Set<string>} hidden
 */
export function legend(place, drawing, hidden) {
  const keys = [.../** @type {NodeListOf<SVGElement>} */ (drawing.querySelectorAll(".key"))];
  if (keys.length < 2) {
    fill(place);
    return;
  }
  // Groups without a mark of their own stand together.
  const together = [...new Set(keys.map((key) => key.dataset.legend))].map((text) => keys.filter((key) => key.dataset.legend === text));
  const all = h("button", { type: "button", class: "plain", on: { click: () => { hidden.clear(); show(); boxes[0].focus(); } } });
  const boxes = together.map((keys) => box(keys.map((key) => key.dataset.series ?? ""), hidden, () => show()));
  const show = () => {
    for (const box of boxes) box.checked = !hidden.has(box.value);
    for (const part of /** @type {NodeListOf<SVGElement>} */ (drawing.querySelectorAll("[data-series]"))) part.classList.toggle("off", hidden.has(part.dataset.series ?? ""));
    close(drawing);
    const away = boxes.filter(({ checked }) => !checked).length;
    all.hidden = away === 0;
    all.textContent = `Show all, ${away} hidden`;
    drawing.dispatchEvent(new Event(CHANGED));
  };
  fill(place, together.map(([key], i) => h("label", {}, boxes[i], sign(key), key.dataset.legend)), all);
  show();
}

/** Moves what is left of stacked bars together, so that their lengths can be compared. @param {SVGSVGElement} drawing */
function close(drawing) {
  /** Width of what is hidden so far, by the height at which a bar lies. @type {Map<string, number>} */
  const gaps = new Map();
  for (const rect of drawing.querySelectorAll(".bar rect")) {
    const row = rect.getAttribute("y") ?? "";
    const gap = gaps.get(row) ?? 0;
    rect.setAttribute("transform", `translate(${-gap} 0)`);
    if (rect.parentElement?.classList.contains("off")) gaps.set(row, gap + Number(rect.getAttribute("width")));
  }
}

/** A box for the series of these names. @param {string[]} names @param {Set<string>} hidden @param {() => void} show */
function box(names, hidden, show) {
  const control = h("input", { type: "checkbox", value: names[0], on: { change: () => {
    for (const name of names) {
      if (control.checked) hidden.delete(name);
      else hidden.add(name);
    }
    show();
  } } });
  return control;
}

/** What a series looks like, small. @param {SVGElement} key */
function sign(key) {
  const [, ...looks] = key.classList;
  const line = key.dataset.kind === "line" ? svg("path", { class: `line ${looks.join(" ")}`, d: "M-14 0L14 0" }) : null;
  const mark = svg("g", { class: `chip ${looks[0]}` }, key.querySelector("path")?.cloneNode());
  return svg("svg", { class: "chart-svg sign", viewBox: "-14 -7 28 14", "aria-hidden": "true" }, line, mark);
}

// Reading the points of a chart: hover, tap and focus say what a point is, the nearest where none is hit; arrow keys walk
// them, Enter opens one. What is said stands beside the point, and below the chart.

import { fill, h } from "../core/dom.js";
import { CHANGED } from "./legend.js";

/** How far from a point it is still meant, in pixels: half of what a finger covers. */
const REACH = 24;

/** @typedef {(measurement: string) => void} Open */

/**
 * Makes the points of `drawing` readable in `place` and in `tip`; returns the hint that stands there first. `onpoint` hears
 * of one that was chosen.
 *
 * @param {SVGSVGElement} drawing
 * @param {{place: HTMLElement, tip: HTMLElement, onpoint?: Open}} where
 */
export function readout(drawing, { place, tip, onpoint }) {
  const points = [.../** @type {NodeListOf<SVGElement>} */ (drawing.querySelectorAll(".point, .bar"))].filter((point) => point.querySelector("title"));
  if (!points.length) return "";
  const all = points.map((point, index) => ({ x: Number(point.dataset.x ?? index), index, point })).sort((a, b) => a.x - b.x || a.index - b.index).map(({ point }) => point);
  /** Those that are not hidden. */
  let order = all;
  /** @param {SVGElement} point */
  const opens = (point) => Boolean(onpoint && point.dataset.measurement);
  const hint = `${points.length} ${points.length === 1 ? "point" : "points"}: point at one, or press Tab and the arrow keys${all.some(opens) ? "; Enter or a click opens its measurement" : ""}.`;
  /** @type {SVGElement | null} */
  let read = null;
  /** @param {SVGElement} point */
  const say = (point) => {
    if (point === read) return;
    read?.classList.remove("read");
    point.classList.add("read");
    read = point;
    place.textContent = words(point);
    beside(tip, point);
  };
  /** @param {SVGElement} point */
  const rove = (point) => {
    for (const one of all) one.setAttribute("tabindex", one === point ? "0" : "-1");
  };
  /** @param {SVGElement} point */
  const open = (point) => onpoint?.(point.dataset.measurement ?? "");
  rove(order[0]);
  // The browser's own tooltip would say the same again, a second later.
  for (const point of all) name(point);
  let meant = finder(drawing, order);
  drawing.addEventListener(CHANGED, () => {
    order = all.filter((point) => !point.classList.contains("off"));
    meant = finder(drawing, order);
    tip.hidden = true;
    if (order.length) rove(order[0]);
  });
  drawing.addEventListener("pointermove", (event) => {
    const point = meant(event);
    if (point) say(point);
  });
  drawing.addEventListener("pointerleave", () => { tip.hidden = true; read?.classList.remove("read"); read = null; });
  // On what is around it: a drawing that listens for focus itself is a stop of the keyboard in some browsers.
  drawing.parentElement?.addEventListener("focusin", (event) => {
    const point = hit(event);
    if (point) { say(point); rove(point); }
  });
  drawing.parentElement?.addEventListener("focusout", () => { tip.hidden = true; });
  drawing.addEventListener("click", (event) => {
    const point = meant(event);
    if (!point) return;
    say(point);
    if (!opens(point) || event.detail === 0) return;
    if (event instanceof PointerEvent && event.pointerType === "touch") fill(place, words(point), " ", h("button", { type: "button", class: "plain", on: { click: () => open(point) } }, "Open it"));
    else open(point);
  });
  drawing.addEventListener("keydown", (event) => {
    const point = hit(event);
    const at = point ? order.indexOf(point) : -1;
    if (at < 0) return;
    const to = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: order.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      order[Math.max(0, Math.min(to, order.length - 1))].focus();
    } else if ((event.key === "Enter" || event.key === " ") && opens(order[at])) {
      event.preventDefault();
      open(order[at]);
    }
  });
  return hint;
}

/** Moves what a point is called from its title, which browsers show as a tooltip of theirs, to its label. @param {SVGElement} point */
function name(point) {
  const title = point.querySelector("title");
  point.setAttribute("aria-label", title?.textContent ?? "");
  title?.remove();
}

/** What a point says: its name, and where it comes from. @param {SVGElement} point */
function words(point) {
  const { source } = point.dataset;
  return point.getAttribute("aria-label") + (source ? ` · ${source}` : "");
}

/** Puts `tip` beside `point`, within the picture. @param {HTMLElement} tip @param {SVGElement} point */
function beside(tip, point) {
  const frame = tip.parentElement?.getBoundingClientRect();
  if (!frame) return;
  tip.textContent = words(point);
  tip.hidden = false;
  const box = point.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2 - frame.x, box.y - frame.y];
  const left = Math.max(0, Math.min(x - tip.offsetWidth / 2, frame.width - tip.offsetWidth));
  const above = y - tip.offsetHeight - 8;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 0 ? above : y + box.height + 8}px`;
}

/** The point that an event is on. @param {Event} event */
function hit(event) {
  const point = event.target instanceof Element ? event.target.closest(".point, .bar") : null;
  return point instanceof SVGElement && point.hasAttribute("aria-label") ? point : null;
}

/** A function that gives the point of `points` that a pointer means: the one it is on, else the nearest in reach. @param {SVGSVGElement} drawing @param {SVGElement[]} points */
function finder(drawing, points) {
  // Where they are, in shares of the chart: it may have been scrolled or resized since.
  /** @type {{point: SVGElement, x: number, y: number}[] | null} */
  let places = null;
  return (/** @type {MouseEvent} */ event) => {
    const frame = drawing.getBoundingClientRect();
    places ??= points.map((point) => {
      const box = point.getBoundingClientRect();
      return { point, x: (box.x + box.width / 2 - frame.x) / frame.width, y: (box.y + box.height / 2 - frame.y) / frame.height };
    });
    /** @param {{x: number, y: number}} place */
    const away = ({ x, y }) => Math.hypot(frame.x + x * frame.width - event.clientX, frame.y + y * frame.height - event.clientY);
    const [first, ...others] = places;
    if (!first) return null;
    const nearest = others.reduce((best, one) => (away(one) < away(best) ? one : best), first);
    return hit(event) ?? (away(nearest) <= REACH ? nearest.point : null);
  };
}

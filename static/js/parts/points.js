// Reading the points of a chart: hover, tap and focus say what a point is, the nearest where none is hit; arrow keys walk
// them, Enter opens one.

import { h } from "../core/dom.js";

/** How far from a point it is still meant, in pixels: half of what a finger covers. */
const REACH = 24;

/** Makes the points of `svg` readable in `place`; returns the hint that stands there first. `onpoint` hears of one that was chosen. */
export function readout(svg, place, onpoint) {
  const points = [...svg.querySelectorAll(".point, .bar")].filter((point) => point.querySelector("title"));
  if (!points.length) return "";
  const order = points.map((point, index) => [Number(point.dataset.x ?? index), index, point]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, , point]) => point);
  const opens = (point) => Boolean(onpoint && point.dataset.measurement);
  const hint = `${points.length} ${points.length === 1 ? "point" : "points"}: point at one, or press Tab and the arrow keys${order.some(opens) ? "; Enter or a click opens its measurement" : ""}.`;
  let read = null;
  const say = (point) => {
    if (point === read) return;
    read?.classList.remove("read");
    point.classList.add("read");
    read = point;
    place.textContent = words(point);
  };
  const rove = (point) => {
    for (const one of order) one.setAttribute("tabindex", one === point ? "0" : "-1");
  };
  rove(order[0]);
  const meant = finder(svg, order);
  svg.addEventListener("pointermove", (event) => {
    const point = meant(event);
    if (point) say(point);
  });
  svg.addEventListener("focusin", (event) => { if (hit(event)) { say(hit(event)); rove(hit(event)); } });
  svg.addEventListener("click", (event) => {
    const point = meant(event);
    if (!point) return;
    say(point);
    if (!opens(point) || event.detail === 0) return;
    const open = () => onpoint(point.dataset.measurement, point);
    if (event.pointerType === "touch") place.replaceChildren(words(point), " ", h("button", { type: "button", class: "plain", on: { click: open } }, "Open it"));
    else open();
  });
  svg.addEventListener("keydown", (event) => {
    const at = order.indexOf(hit(event));
    if (at < 0) return;
    const to = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: order.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      order[Math.max(0, Math.min(to, order.length - 1))].focus();
    } else if ((event.key === "Enter" || event.key === " ") && opens(order[at])) {
      event.preventDefault();
      onpoint(order[at].dataset.measurement, order[at]);
    }
  });
  return hint;
}

/** What a point says: its title, and where it comes from. */
function words(point) {
  const { source } = point.dataset;
  return point.querySelector("title").textContent + (source ? ` · ${source}` : "");
}

/** The point that an event is on. */
function hit(event) {
  const point = event.target.closest?.(".point, .bar");
  return point?.querySelector("title") ? point : null;
}

/** A function that gives the point of `points` that a pointer means: the one it is on, else the nearest in reach. */
function finder(svg, points) {
  // Where they are, in shares of the chart: it may have been scrolled or resized since.
  let places = null;
  return (event) => {
    const frame = svg.getBoundingClientRect();
    places ??= points.map((point) => {
      const box = point.getBoundingClientRect();
      return [point, (box.x + box.width / 2 - frame.x) / frame.width, (box.y + box.height / 2 - frame.y) / frame.height];
    });
    const away = ([, x, y]) => Math.hypot(frame.x + x * frame.width - event.clientX, frame.y + y * frame.height - event.clientY);
    const nearest = places.reduce((best, one) => (away(one) < away(best) ? one : best));
    return hit(event) ?? (away(nearest) <= REACH ? nearest[0] : null);
  };
}

// Reading the points of a chart: hover, tap and focus say what a point is; arrow keys walk them, Enter opens one.

/** Makes the points of `svg` readable in `place`; returns the hint that stands there first. `onpoint` hears of one that was chosen. */
export function readout(svg, place, onpoint) {
  const points = [...svg.querySelectorAll(".point, .bar")].filter((point) => point.querySelector("title"));
  if (!points.length) return "";
  const order = points.map((point, index) => [Number(point.dataset.x ?? index), index, point]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, , point]) => point);
  const opens = (point) => Boolean(onpoint && point.dataset.measurement);
  const hint = `${points.length} ${points.length === 1 ? "point" : "points"}: point at one, or press Tab and the arrow keys${order.some(opens) ? "; Enter or a click opens its measurement" : ""}.`;
  const say = (point) => {
    const source = point.dataset.source ? ` · ${point.dataset.source}` : "";
    place.textContent = point.querySelector("title").textContent + source;
  };
  const rove = (point) => {
    for (const one of order) one.setAttribute("tabindex", one === point ? "0" : "-1");
  };
  rove(order[0]);
  const under = (event) => event.target.closest?.(".point, .bar");
  svg.addEventListener("pointerover", (event) => { if (under(event)?.querySelector("title")) say(under(event)); });
  svg.addEventListener("focusin", (event) => { if (under(event)?.querySelector("title")) { say(under(event)); rove(under(event)); } });
  svg.addEventListener("click", (event) => {
    const point = under(event);
    if (!point?.querySelector("title")) return;
    say(point);
    if (opens(point) && event.detail !== 0) onpoint(point.dataset.measurement, point);
  });
  svg.addEventListener("keydown", (event) => {
    const at = order.indexOf(under(event));
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

// Predicted times as a small figure in a table: the interval as a bar, the prediction a dot, the net as it is a ring.

import { svg } from "../core/dom.js";

const WIDTH = 176;

/** A function that draws one of `predictions`, all on one logarithmic axis. */
export function intervals(predictions) {
  const all = predictions.flatMap((row) => [row.interval.low_seconds, row.interval.high_seconds, row.base_epoch_seconds ?? row.epoch_seconds]);
  const [low, high] = [Math.log(Math.min(...all)), Math.log(Math.max(...all))];
  const x = (seconds) => (6 + (WIDTH - 12) * (high > low ? (Math.log(seconds) - low) / (high - low) : 0.5)).toFixed(1);
  return ({ interval, epoch_seconds: epoch, base_epoch_seconds: base }) => svg("svg", { class: "interval-figure", viewBox: `0 0 ${WIDTH} 20`, "aria-hidden": "true" },
    svg("line", { class: "range", x1: x(interval.low_seconds), x2: x(interval.high_seconds), y1: 10, y2: 10 }),
    base ? svg("circle", { class: "base", cx: x(base), cy: 10, r: 3.5 }) : null,
    svg("circle", { class: "point", cx: x(epoch), cy: 10, r: 4 }));
}

// Predicted times on one logarithmic axis: the interval as a bar, the prediction a dot, the net as it is a ring.

import { h, svg } from "../core/dom.js";
import { percent } from "../core/format.js";

/** @import { PredictionRow } from "api" */

const WIDTH = 200;
const EDGE = 18;
/** Times that people have a feeling for, in seconds, with what they are called. @type {[number, string][]} */
const ROUND = [
  [[1e-3, 1e-2, 1e-1], 1e-3, "ms"], [[1, 2, 5, 10, 20, 30], 1, "s"], [[60, 120, 300, 600, 1200, 1800], 60, "min"], [[3600, 7200, 18000, 36000], 3600, "h"],
  [[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000].map((days) => days * 86400), 86400, "d"],
].flatMap(([times, size, unit]) => /** @type {number[]} */ (times).map((time) => /** @type {[number, string]} */ ([time, `${Math.round(time / /** @type {number} */ (size))} ${unit}`])));

/**
 * The axis of `predictions`, and a function that draws one of them on it.
 *
 * @param {PredictionRow[]} predictions
 */
export function intervals(predictions) {
  const all = predictions.flatMap((row) => [row.interval.low_seconds, row.interval.high_seconds, row.base_epoch_seconds ?? row.epoch_seconds]);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const from = ROUND.findLast(([time]) => time <= least) ?? ROUND[0];
  const to = ROUND.find(([time]) => time >= most) ?? ROUND[ROUND.length - 1];
  const [low, high] = [Math.log(Math.min(from[0], least)), Math.log(Math.max(to[0], most))];
  /** @param {number} seconds */
  const place = (seconds) => EDGE + (WIDTH - 2 * EDGE) * (high > low ? (Math.log(seconds) - low) / (high - low) : 0.5);
  /** @param {number} seconds */
  const x = (seconds) => place(seconds).toFixed(1);
  const ticks = spaced(ROUND.filter(([time]) => time >= from[0] && time <= to[0]), place);
  const grid = () => ticks.map(([time]) => svg("line", { class: "grid", x1: x(time), x2: x(time), y1: 0, y2: 24 }));
  const axis = svg("svg", { class: "interval-figure axis", viewBox: `0 0 ${WIDTH} 24`, "aria-hidden": "true" },
    ticks.map(([time, words]) => [svg("text", { x: x(time), y: 14, "text-anchor": "middle" }, words), svg("line", { class: "grid", x1: x(time), x2: x(time), y1: 18, y2: 24 })]));
  // On a narrow screen the head of the table is not seen: there each row has the axis above it.
  /** @param {PredictionRow} row */
  const draw = (row) => [h("span", { class: "narrow" }, axis.cloneNode(true)), strip(row)];
  /** @param {PredictionRow} row */
  const strip = ({ interval, epoch_seconds: epoch, base_epoch_seconds: base }) => svg("svg", { class: "interval-figure", viewBox: `0 0 ${WIDTH} 24`, "aria-hidden": "true" }, grid(),
    svg("line", { class: "range", x1: x(interval.low_seconds), x2: x(interval.high_seconds), y1: 12, y2: 12 }),
    base ? svg("circle", { class: "base", cx: x(base), cy: 12, r: 4 }) : null,
    svg("circle", { class: "point", cx: x(epoch), cy: 12, r: 4.5 }));
  return { axis, draw };
}

/**
 * Ticks that are far enough apart to be read, the two ends among them.
 *
 * @param {[number, string][]} ticks
 * @param {(seconds: number) => number} place
 */
function spaced(ticks, place) {
  const last = ticks[ticks.length - 1];
  /** @type {[number, string][]} */
  const kept = [];
  for (const tick of ticks) {
    const before = kept[kept.length - 1];
    const room = tick === last || place(last[0]) - place(tick[0]) >= 40;
    if (room && (!before || place(tick[0]) - place(before[0]) >= 40)) kept.push(tick);
  }
  return kept;
}

/** What the marks mean. @param {number} level @param {boolean} scaled */
export function legend(level, scaled) {
  const mark = (/** @type {SVGElement} */ shape) => svg("svg", { class: "interval-figure key", viewBox: "0 0 26 14", "aria-hidden": "true" }, shape);
  return h("p", { class: "legend small quiet" },
    h("span", {}, mark(svg("circle", { class: "point", cx: 13, cy: 7, r: 4.5 })), "prediction"),
    h("span", {}, mark(svg("line", { class: "range", x1: 2, x2: 24, y1: 7, y2: 7 })), `interval: ${percent(level, 0)} of new timings lie within`),
    scaled && h("span", {}, mark(svg("circle", { class: "base", cx: 13, cy: 7, r: 4 })), "the net as it is, not scaled"),
    h("span", {}, "the axis is logarithmic, the same in all rows"));
}

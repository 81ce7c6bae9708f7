// What a budget buys: a sentence, and a row for each way to scale.

import { h } from "../core/dom.js";
import { many, percent, times } from "../core/format.js";
import { between, bytes, column, duration, money, si } from "../core/quantity.js";
import { warnings } from "../parts/predictions.js";
import { table } from "../parts/table.js";
import { LIMITS } from "./plan-request.js";

/** @import { Exponents, LeftOut, LimitedBy, PlanAnswer, PlanOption } from "api" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {{strategy?: string | null, alpha?: number | null, exponents?: Exponents | null}} Way */

/** The options of an answer with the free mix, those with most flops first; each net once, under the name of a way where it has one, of a strategy before an α. @param {PlanAnswer} answer */
export function ranked({ options, mix }) {
  /** @param {PlanOption} option */
  const key = ({ scaled: { complexity: costs } }) => [costs.flops, costs.params, costs.acts].join();
  const named = new Set(options.filter(({ strategy }) => strategy).map(key));
  const all = options.filter((row) => row.strategy || !named.has(key(row)));
  if (mix && !all.some((row) => key(row) === key(mix))) all.push(mix);
  return all.sort((a, b) => b.scaled.complexity.flops - a.scaled.complexity.flops);
}

/** @type {("d" | "w" | "r")[]} */
const DIMENSIONS = ["d", "w", "r"];

/** How an option scales, in words. @param {Way} way */
export function way({ strategy, alpha, exponents }) {
  if (strategy) return strategy;
  if (exponents) return `free mix: ${DIMENSIONS.filter((name) => exponents[name]).map((name) => `${percent(exponents[name] ?? 0, 0)} ${name}`).join(", ")}`;
  return `α = ${Number((alpha ?? 0).toFixed(3))}`;
}

/** @param {LimitedBy | null | undefined} by */
const limit = (by) => (by ? LIMITS[by] ?? by : "–");

/** The answer in a sentence. @param {PlanAnswer} answer @param {string | undefined} platform */
export function sentence(answer, platform) {
  const [best] = ranked(answer);
  if (!best) return nothing(answer);
  const [first] = best.predictions;
  const smaller = best.scaled.ratios.flops < 1;
  const held = first && `, ${duration(first.epoch_seconds)} an epoch on ${platform} (${percent(first.interval.level, 0)} interval ${between(first.interval.low_seconds, first.interval.high_seconds, first.epoch_seconds)})`;
  const step = best.memory && best.memory.images > 1 && `, ${many(best.memory.images, "image")} in a step on a device`;
  return h("p", { class: "verdict" }, smaller ? "The net as it is breaks this budget. The largest that keeps it is made by " : "Most flops within this budget come by ",
    h("strong", {}, way(best)), `, ${times(best.factor)}: ${si(best.scaled.complexity.flops)} flops`, held, step, ". ",
    best.limited_by && best.limited_by !== "max_factor" ? `A larger one is stopped by ${limit(best.limited_by)}.` : "No limit stops it up to 1,024×.");
}

/** @param {PlanAnswer} answer */
function nothing({ left_out: left }) {
  const stuck = left.filter((one) => one.limited_by === "net_size");
  if (stuck.length === left.length) return h("p", { class: "verdict" }, h("strong", {}, "No other net can be made. "), `This one cannot be scaled by any of these ways: ${stuck[0]?.reason ?? "none was asked for"}.`);
  const reasons = [...new Set(left.filter((one) => !stuck.includes(one)).map((one) => limit(one.limited_by)))];
  return h("p", { class: "verdict" }, h("strong", {}, "Nothing fits. "), `Even the smallest net that each strategy makes, by a factor of 1/1,024, breaks the limit on ${reasons.join(" or ")}. Loosen that one, or start from a smaller net.`);
}

/**
 * The rows. `link` gives the address of an option in the view that scales.
 *
 * @param {PlanAnswer} answer
 * @param {{link: (row: PlanOption) => string, currency: string}} shown
 */
export function options(answer, { link, currency }) {
  const rows = ranked(answer);
  if (!rows.length) return null;
  /** @param {PlanOption} row */
  const total = (row) => row.predictions[0]?.total;
  const epochs = column(rows.flatMap(({ predictions: [time] }) => (time ? [time.epoch_seconds] : [])));
  const totals = column(rows.flatMap((row) => total(row)?.seconds ?? []));
  /** @type {(Column<PlanOption> | false)[]} */
  const columns = [
    { title: "Scaled by", head: true, cell: (row) => [row.exponents ? way(row) : h("a", { href: link(row) }, way(row)), row.accuracy && sub(`top-1 error ${row.accuracy.top1_error_percent.toFixed(1)} %`)] },
    { title: "Factor", number: true, cell: (row) => times(row.factor) },
    { title: "Flops", number: true, cell: (row) => amount(row, "flops") },
    { title: "Params", number: true, cell: (row) => amount(row, "params") },
    { title: "Acts", number: true, cell: (row) => amount(row, "acts") },
    rows.some((row) => row.predictions.length) && { title: "Epoch", unit: epochs.unit, number: true, cell: ({ predictions: [time] }) => time && [epochs.write(time.epoch_seconds), sub(`${epochs.write(time.interval.low_seconds)} to ${epochs.write(time.interval.high_seconds)}`)] },
    rows.some(total) && { title: "Training", unit: totals.unit, number: true, cell: (row) => {
      const whole = total(row);
      return whole && [totals.write(whole.seconds), typeof whole.cost === "number" && sub(`costs ${money(whole.cost, currency)}`)];
    } },
    rows.some((row) => row.memory) && { title: "Memory", number: true, cell: ({ memory }) => memory && [bytes(memory.bytes), sub(memory.images === 1 ? "one image" : many(memory.images, "image"))] },
    rows.some((row) => row.limited_by !== rows[0].limited_by) && { title: "Stopped by", cell: (row) => limit(row.limited_by) },
  ];
  return table({ caption: "The largest net within the limits, by each way to scale", hidden: true, columns: columns.filter((one) => one !== false), rows });
}

/** @param {string} text */
const sub = (text) => h("span", { class: "sub" }, text);

/** @param {PlanOption} row @param {"flops" | "params" | "acts"} name */
function amount({ scaled }, name) {
  return [si(scaled.complexity[name]), sub(times(scaled.ratios[name]))];
}

/** The ways by which no net keeps the limits. @param {PlanAnswer} answer */
export function leftOut({ left_out: left, options }) {
  if (!left.length || !options.length) return null;
  const why = left.find((one) => one.reason);
  return h("p", { class: "small" }, "No net within the limits: ", left.map((/** @type {LeftOut} */ one, i) => [i ? ", " : "", h("strong", {}, way(one)), ` (stopped by ${limit(one.limited_by)})`]), ".",
    why && ` By ${way(why)}: ${why.reason}.`);
}

/** What to know before trusting the options, each thing said once. @param {PlanAnswer} answer */
export function cautions(answer) {
  const said = new Map();
  for (const row of ranked(answer)) for (const warning of row.predictions[0]?.warnings ?? []) if (!said.has(warning.code)) said.set(warning.code, { about: way(row), warnings: [warning] });
  return warnings([...said.values()]);
}

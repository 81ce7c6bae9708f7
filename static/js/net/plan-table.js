// What a budget buys: a sentence, and a row for each way to scale.

import { h } from "../core/dom.js";
import { between, bytes, duration, money, percent, si, times } from "../core/format.js";
import { LIMITS } from "./plan-request.js";
import { warnings } from "../parts/predictions.js";
import { table } from "../parts/table.js";

/** The options of an answer with the free mix, those with most flops first; each net once, under the name of a strategy where it has one. */
export function ranked({ options, mix }) {
  const key = ({ scaled: { complexity: costs } }) => [costs.flops, costs.params, costs.acts].join();
  const named = new Set(options.filter(({ strategy }) => strategy).map(key));
  const all = [...options.filter((row) => row.strategy || !named.has(key(row))), ...(mix ? [mix] : [])];
  return all.sort((a, b) => b.scaled.complexity.flops - a.scaled.complexity.flops);
}

/** How an option scales, in words. */
export function way({ strategy, alpha, exponents }) {
  if (strategy) return strategy;
  if (exponents) return `free mix: ${["d", "w", "r"].filter((name) => exponents[name]).map((name) => `${percent(exponents[name], 0)} ${name}`).join(", ")}`;
  return `α = ${Number(alpha.toFixed(3))}`;
}

/** The answer in a sentence. */
export function sentence(answer, platform) {
  const rows = ranked(answer);
  if (!rows.length) return nothing(answer);
  const [best] = rows;
  const [first] = best.predictions;
  const smaller = best.scaled.ratios.flops < 1;
  const held = first && [`, ${duration(first.epoch_seconds)} an epoch on ${platform} (${percent(first.interval.level, 0)} interval ${between(first.interval.low_seconds, first.interval.high_seconds, first.epoch_seconds)})`];
  return h("p", { class: "verdict" }, smaller ? "The net as it is breaks this budget. The largest that keeps it is made by " : "Most flops within this budget come by ",
    h("strong", {}, way(best)), `, ${times(best.factor)}: ${si(best.scaled.complexity.flops)} flops`, held, ". ",
    best.limited_by in LIMITS && best.limited_by !== "max_factor" ? `A larger one is stopped by ${LIMITS[best.limited_by]}.` : "No limit stops it up to 1,024×.");
}

function nothing({ left_out: left }) {
  const reasons = [...new Set(left.map((one) => LIMITS[one.limited_by] ?? one.limited_by))];
  return h("p", { class: "verdict" }, h("strong", {}, "Nothing fits. "), `Even the smallest net that each strategy makes, by a factor of 1/1,024, breaks the limit on ${reasons.join(" or ")}. Loosen that one, or start from a smaller net.`);
}

/** The rows. `link` gives the address of an option in the view that scales. */
export function options(answer, link) {
  const rows = ranked(answer);
  if (!rows.length) return null;
  const total = (row) => row.predictions[0]?.total;
  const columns = [
    { title: "Scaled by", head: true, cell: (row) => [row.exponents ? way(row) : h("a", { href: link(row) }, way(row)), row.accuracy && sub(`top-1 error ${row.accuracy.top1_error_percent.toFixed(1)} %`)] },
    { title: "Factor", number: true, cell: (row) => times(row.factor) },
    { title: "Flops", number: true, cell: (row) => amount(row, "flops") },
    { title: "Params", number: true, cell: (row) => amount(row, "params") },
    { title: "Acts", number: true, cell: (row) => amount(row, "acts") },
    rows.some((row) => row.predictions.length) && { title: "Epoch", number: true, cell: ({ predictions: [time] }) => time && [duration(time.epoch_seconds), sub(between(time.interval.low_seconds, time.interval.high_seconds, time.epoch_seconds))] },
    rows.some(total) && { title: "Training", number: true, cell: (row) => total(row) && [duration(total(row).seconds), typeof total(row).cost === "number" && sub(`costs ${money(total(row).cost)}`)] },
    rows.some((row) => row.memory) && { title: "Memory", number: true, cell: ({ memory }) => memory && [bytes(memory.bytes), sub(memory.images === 1 ? "one image" : `${memory.images} images`)] },
    rows.some((row) => row.limited_by !== rows[0].limited_by) && { title: "Stopped by", cell: (row) => LIMITS[row.limited_by] ?? "–" },
  ];
  return table({ caption: "The largest net within the limits, by each way to scale", hidden: true, columns: columns.filter(Boolean), rows });
}

const sub = (text) => h("span", { class: "sub" }, text);

function amount({ scaled }, name) {
  return [si(scaled.complexity[name]), sub(times(scaled.ratios[name]))];
}

/** The ways by which no net keeps the limits. */
export function leftOut({ left_out: left, options }) {
  if (!left.length || !options.length) return null;
  return h("p", { class: "small" }, "No net within the limits: ", left.map((one, i) => [i ? ", " : "", h("strong", {}, way(one)), ` (stopped by ${LIMITS[one.limited_by] ?? one.limited_by})`]), ".");
}

/** What to know before trusting the options, each thing said once. */
export function cautions(answer) {
  const said = new Map();
  for (const row of ranked(answer)) for (const warning of row.predictions[0]?.warnings ?? []) if (!said.has(warning.code)) said.set(warning.code, [way(row), [warning]]);
  return warnings([...said.values()]);
}

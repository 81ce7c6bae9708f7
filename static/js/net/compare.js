// The strategies side by side over factors: a table of one quantity.

import { post } from "../core/api.js";
import { field, fill, h, pick, radios } from "../core/dom.js";
import { capital, times } from "../core/format.js";
import { modeOf, naming, platformOf } from "../core/platforms.js";
import { bytes, column, si } from "../core/quantity.js";
import { charted, common, net, netWords, number, present, sizes, unscalable } from "../core/request.js";
import { Chart } from "../parts/chart.js";
import { Panel } from "../parts/panel.js";
import { untimed, warnings } from "../parts/predictions.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";
import { cannot } from "./cannot.js";
import { strategies } from "./scaling-fields.js";
import { source } from "./source.js";

/** @import { CompareAnswer, CompareRow, NotCompared, StrategyRow } from "api" */
/** @import { Params, State } from "../core/state.js" */
/** @typedef {{word: string, value: (row: CompareRow) => number | undefined, format?: (amount: number) => string}} Quantity */

const FACTORS = [1, 2, 4, 8, 16];
const SPAN = "1..16/9";
const STANDARD = "d,w,r,dwr,dWr";
/** @type {Record<string, Quantity>} */
const QUANTITIES = {
  seconds: { word: "time", value: (row) => row.predictions[0]?.epoch_seconds },
  acts: { word: "acts", value: (row) => row.scaled.complexity.acts, format: si },
  params: { word: "params", value: (row) => row.scaled.complexity.params, format: si },
  memory: { word: "memory of a step on one device", value: (row) => row.memory?.bytes, format: bytes },
};

/** @param {string | undefined} text */
const list = (text) => (text ?? "").split(",").map((one) => one.trim()).filter(Boolean);
/** @param {Params} now */
const chosen = (now) => list(now.strategies ?? STANDARD);

/** The second net, where the state has one. @param {Params} now */
const besides = (now) => ({ model: now.beside, spec: now.beside_spec });

/** Builds the view in `place`; returns what to call when the state changes. @param {HTMLElement} place @param {State} state */
export function compare(place, state) {
  const panel = new Panel();
  const chart = new Chart("/v1/charts/compare");
  const quantity = radios("Compare", "y", Object.entries(QUANTITIES).map(([name, { word }]) => [name, word]), "seconds", (y) => state.set({ y: y === "seconds" ? null : y }));
  const choices = h("div", { class: "choices" });
  const named = h("fieldset", {}, h("legend", {}, "Strategies"), choices);
  const alphas = h("input", { placeholder: "0.5, 0.7", spellcheck: "false", autocomplete: "off", on: { change: () => state.set({ alphas: list(alphas.value).join(",") }) } });
  const second = source(besides(state.get()), { second: true, hint: "Drawn beside the first, scaled in the same ways.", onchange: ({ model, spec }, how) => state.set({ beside: model, beside_spec: spec }, how) });
  const alone = h("button", { type: "button", class: "plain", on: { click: () => state.set({ beside: null, beside_spec: null }) } }, "Without the second net");
  second.element.append(alone);
  const controls = h("div", {}, quantity, named, h("div", { class: "fields wide" }, field("α of the fast family", alphas, "Shares of the width, from 0 to 1."), second.element));
  fill(place, h("h2", {}, "Compare strategies"), controls, panel.said, chart.element, panel.found);
  const boxes = strategies().then((all) => fill(choices, all.map((strategy) => box(strategy, state))));

  return (/** @type {Params} */ now) => panel.show(async (signal) => {
    const why = await unscalable(now);
    controls.hidden = why !== null;
    if (why) {
      chart.shown(null);
      return { found: cannot(why, "there are no strategies to compare", state) };
    }
    await boxes;
    const y = Object.hasOwn(QUANTITIES, now.y ?? "") ? String(now.y) : "seconds";
    pick(quantity, y);
    for (const box of named.querySelectorAll("input")) box.checked = chosen(now).includes(box.value);
    if (document.activeElement !== alphas) alphas.value = list(now.alphas).join(", ");
    const beside = besides(now);
    second.read(beside);
    alone.hidden = !beside.model && !beside.spec;
    const whyNot = await unscalable(beside);
    const other = alone.hidden || whyNot ? null : net(beside);
    // By its name where it has one: the address of a chart is read by people.
    const drawn = other && (beside.spec && "model" in other ? JSON.stringify(other.model) : beside.model);
    const [platform, name] = await Promise.all([platformOf(now), naming(modeOf(now))]);
    const ways = { strategies: chosen(now), alphas: list(now.alphas).map(number) };
    const { batch_size } = sizes(now);
    chart.shown(platform || y !== "seconds" ? { ...charted(now, platform), beside: drawn, ...ways, factors: SPAN, y, batch_size, interval: number(now.level) } : null);
    const body = present({ ...common(now), ...ways, alphas: ways.alphas.length ? ways.alphas : null, factors: FACTORS, platform });
    const bodies = other ? [body, present({ ...body, ...other, family: null })] : [body];
    /** @type {CompareAnswer[]} */
    const answers = await Promise.all(bodies.map((body) => post("/v1/compare", body, signal)));
    const nets = other ? [netWords(now), beside.spec && now.spec ? "your second net" : netWords(beside)] : [];
    const times = answers.flatMap((answer, i) => [...answer.base_predictions, ...answer.rows.flatMap(({ predictions }) => predictions)].map((time) => ({ time, net: nets[i] })));
    return {
      said: [platform && y === "seconds" && h("p", {}, `Epoch times on ${name(platform).title}, the first of the GPUs that are chosen.`),
        whyNot && h("p", { class: "note" }, `${whyNot}, so it is not compared.`)],
      found: [y === "seconds" && !platform ? untimed(now) : matrices(answers, y, { on: platform && name(platform).title, nets }),
        answers.map((answer, i) => leftOut(answer, nets[i])),
        warnings(times.map(({ time, net }) => ({ about: [name(time.platform).title, net].filter(Boolean).join(", "), warnings: time.warnings }))), bodies.map((body) => snippet({ path: "/v1/compare", body }))],
    };
  }, () => chart.shown(null));
}

/** @param {StrategyRow} strategy @param {State} state */
function box({ name, what }, state) {
  const control = h("input", { type: "checkbox", value: name, on: {
    change: () => {
      const names = chosen(state.get());
      const next = (control.checked ? [...names, name] : names.filter((one) => one !== name)).join(",");
      state.set({ strategies: next === STANDARD ? null : next || "dWr" });
    },
  } });
  return h("label", { title: what }, control, name);
}

/** A table for each net. @param {CompareAnswer[]} answers @param {string} y @param {{on: string | undefined, nets: string[]}} of */
function matrices(answers, y, { on, nets }) {
  const { word, value, format } = QUANTITIES[y];
  // Times stand in one unit, so that all can be compared.
  const { unit, write } = column(answers.flatMap(({ rows }) => rows.flatMap((row) => value(row) ?? [])));
  const what = `${y === "seconds" ? `Epoch time on ${on} in ${unit}` : capital(word)} by strategy and factor`;
  return answers.map(({ rows }, i) => matrix(rows, { value, format: format ?? write, caption: nets.length ? `${nets[i]}: ${what}` : what }));
}

/** The ways that the net cannot take, each with the reason. @param {CompareAnswer} answer @param {string | undefined} name */
function leftOut({ left_out: left, rows }, name) {
  if (!left.length) return null;
  /** @param {NotCompared} out */
  const words = (out) => {
    const none = !rows.some((row) => way(row) === way(out));
    return none ? way(out) : `${way(out)} by ${out.factors.map((factor) => times(factor)).join(", ")}`;
  };
  return h("div", { class: "note calm" }, h("p", {}, `${name ?? "This net"} cannot be scaled by the factors of the table by ${left.map(words).join("; ")}.`),
    h("details", {}, h("summary", {}, "Why"), h("ul", {}, left.map((out) => h("li", {}, h("strong", {}, words(out)), `: ${out.reason}`)))));
}

/** @param {{strategy?: string | null, alpha?: number | null}} row */
const way = (row) => row.strategy ?? `α = ${row.alpha}`;

/** @param {CompareRow[]} rows @param {{value: Quantity["value"], format: (amount: number) => string, caption: string}} how */
function matrix(rows, { value, format, caption }) {
  const names = [...new Set(rows.map(way))];
  /** @param {string} name @param {number} factor */
  const at = (name, factor) => {
    const row = rows.find((row) => way(row) === name && row.factor === factor);
    return row && value(row);
  };
  const least = new Map(FACTORS.map((factor) => [factor, Math.min(...names.map((name) => at(name, factor) ?? Infinity))]));
  /** @param {number} factor */
  const cell = (factor) => (/** @type {string} */ name) => {
    const amount = at(name, factor);
    if (amount === undefined) return "–";
    const best = factor !== 1 && amount === least.get(factor);
    return [best ? h("strong", {}, format(amount)) : format(amount), factor !== 1 && h("span", { class: "sub" }, best ? "least" : `${times(amount / (least.get(factor) ?? amount))} of least`)];
  };
  const columns = [{ title: "Strategy", head: true, cell: (/** @type {string} */ name) => name }, ...FACTORS.map((factor) => ({ title: `${factor}× flops`, number: true, cell: cell(factor) }))];
  return [h("h3", {}, caption), table({ caption, hidden: true, columns, rows: names })];
}

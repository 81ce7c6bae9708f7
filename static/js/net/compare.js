// The strategies side by side over factors: a table of one quantity.

import { post } from "../core/api.js";
import { Chart } from "../parts/chart.js";
import { field, fill, h, radios } from "../core/dom.js";
import { bytes, capital, duration, si, times } from "../core/format.js";
import { Panel } from "../parts/panel.js";
import { platformOf } from "../core/platforms.js";
import { untimed } from "../parts/predictions.js";
import { charted, layered, number, present } from "../core/request.js";
import { strategies } from "./scaling-fields.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";

const FACTORS = [1, 2, 4, 8, 16];
const SPAN = "1..16/9";
const STANDARD = "d,w,r,dwr,dWr";
const QUANTITIES = {
  seconds: ["time", (row) => row.predictions[0]?.epoch_seconds, duration],
  acts: ["acts", (row) => row.scaled.complexity.acts, si],
  params: ["params", (row) => row.scaled.complexity.params, si],
  memory: ["memory of a step on one device", (row) => row.memory?.bytes, bytes],
};

const list = (text) => (text ?? "").split(",").map((one) => one.trim()).filter(Boolean);
const chosen = (now) => list(now.strategies ?? STANDARD);

/** Builds the view in `place`; returns what to call when the state changes. */
export function compare(place, state) {
  const panel = new Panel();
  const chart = new Chart("/v1/charts/compare");
  const quantity = radios("Compare", "y", Object.entries(QUANTITIES).map(([name, [word]]) => [name, word]), "seconds", (y) => state.set({ y: y === "seconds" ? null : y }));
  const named = h("fieldset", {}, h("legend", {}, "Strategies"), h("div", { class: "choices" }));
  const alphas = h("input", { placeholder: "0.5, 0.7", spellcheck: "false", on: { change: () => state.set({ alphas: list(alphas.value).join(",") }) } });
  fill(place, h("h2", {}, "Compare strategies"), quantity, named, h("div", { class: "fields" }, field("α of the fast family", alphas)), chart.element, panel.said, panel.found);
  const boxes = strategies().then((all) => fill(named.lastChild, all.map((strategy) => box(strategy, state))));

  return (now) => panel.show(async (signal) => {
    await boxes;
    const y = Object.hasOwn(QUANTITIES, now.y ?? "") ? now.y : "seconds";
    for (const radio of quantity.querySelectorAll("input")) radio.checked = radio.value === y;
    for (const box of named.querySelectorAll("input")) box.checked = chosen(now).includes(box.value);
    alphas.value = list(now.alphas).join(", ");
    const platform = await platformOf(now);
    const ways = { strategies: chosen(now), alphas: list(now.alphas).map(number) };
    const others = { batch_size: number(now.batch), interval: number(now.level) };
    chart.shown((platform || y !== "seconds") && { ...charted(now, platform), ...ways, factors: SPAN, y, ...others });
    const body = present({ ...layered(now), ...ways, alphas: ways.alphas.length ? ways.alphas : null, factors: FACTORS, platform, mode: now.mode, family: now.family, dataset_images: number(now.images), ...others });
    const answer = await post("/v1/compare", body, signal);
    return { found: [y === "seconds" && !platform ? untimed(now) : matrix(answer, y, platform), snippet({ path: "/v1/compare", body })] };
  }, () => chart.shown(null));
}

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

function matrix({ rows }, y, platform) {
  const [word, value, format] = QUANTITIES[y];
  const way = (row) => row.strategy ?? `α = ${row.alpha}`;
  const names = [...new Set(rows.map(way))];
  const at = (name, factor) => rows.find((row) => way(row) === name && row.factor === factor);
  const least = Object.fromEntries(FACTORS.map((factor) => [factor, Math.min(...names.map((name) => value(at(name, factor)) ?? Infinity))]));
  const cell = (factor) => (name) => {
    const amount = value(at(name, factor));
    if (amount === undefined || amount === null) return "–";
    const best = factor !== 1 && amount === least[factor];
    return [best ? h("strong", {}, format(amount)) : format(amount), factor !== 1 && h("span", { class: "sub" }, best ? "least" : `${times(amount / least[factor])} of least`)];
  };
  const columns = [{ title: "Strategy", head: true, cell: (name) => name }, ...FACTORS.map((factor) => ({ title: `${factor}× flops`, number: true, cell: cell(factor) }))];
  const caption = `${y === "seconds" ? `Epoch time on ${platform}` : capital(word)} by strategy and factor`;
  return [h("h3", {}, caption), table({ caption, hidden: true, columns, rows: names })];
}

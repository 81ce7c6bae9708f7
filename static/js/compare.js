// The strategies side by side over factors: a chart, and a table of one quantity.

import { Latest, post } from "./api.js";
import { Chart } from "./chart.js";
import { fill, h, radios } from "./dom.js";
import { duration, si, times } from "./format.js";
import { problem } from "./problem.js";
import { net, number, present } from "./request.js";
import { strategies } from "./scaling-fields.js";
import { snippet } from "./snippet.js";
import { table } from "./table.js";

const FACTORS = [1, 2, 4, 8, 16];
const STANDARD = "d,w,r,dwr,dWr";
const bytes = (count) => `${(count / 2 ** 30).toFixed(1)} GiB`;
const QUANTITIES = {
  seconds: ["time", (row) => row.predictions[0]?.epoch_seconds, duration],
  acts: ["acts", (row) => row.scaled.complexity.acts, si],
  params: ["params", (row) => row.scaled.complexity.params, si],
  memory: ["memory", (row) => row.memory?.total_bytes, bytes],
};

/** Fills `place` whenever the state changes; returns what to call then. */
export function compare(place, state) {
  const latest = new Latest();
  const chart = new Chart("/v1/charts/compare");
  const [controls, rows, call] = [h("div", {}), h("div", {}), h("div", {})];
  let made = false;

  async function build(now) {
    const chosen = () => (state.get().strategies ?? STANDARD).split(",").filter(Boolean);
    const quantity = radios("Compare", "quantity", Object.entries(QUANTITIES).map(([name, [word]]) => [name, word]), now.y ?? "seconds", (y) => state.set({ y: y === "seconds" ? null : y }));
    const boxes = (await strategies()).map(({ name, what }) => {
      const box = h("input", { type: "checkbox", value: name, on: {
        change: () => {
          const names = box.checked ? [...chosen(), name] : chosen().filter((one) => one !== name);
          state.set({ strategies: names.join(",") === STANDARD ? null : names.join(",") || "dWr" });
        },
      } });
      return h("label", { title: what }, box, name);
    });
    const named = h("fieldset", {}, h("legend", {}, "Strategies"), h("div", { class: "choices" }, boxes));
    fill(controls, quantity, named);
    fill(place, h("h2", {}, "Compare strategies"), controls, chart.element, rows, call);
    made = (now) => {
      for (const radio of quantity.querySelectorAll("input")) radio.checked = radio.value === (now.y ?? "seconds");
      for (const box of named.querySelectorAll("input")) box.checked = chosen().includes(box.value);
    };
  }

  return async function show(now, answer) {
    place.hidden = !scalable(answer);
    if (place.hidden) return;
    if (!made) await build(now);
    made(now);
    const y = QUANTITIES[now.y] ? now.y : "seconds";
    const names = (now.strategies ?? STANDARD).split(",").filter(Boolean);
    const platform = now.platform || answer.predictions[0]?.platform;
    const { model } = net(now);
    chart.show(present({ ...(now.spec ? { spec: model } : { model: model.name }), strategies: names, factors: FACTORS, platform, mode: now.mode, y }));
    const body = present({ model, strategies: names, factors: FACTORS, platform, mode: now.mode, dataset_images: number(now.images), batch_size: number(now.batch) });
    fill(call, snippet({ path: "/v1/compare", body }));
    try {
      const compared = await latest.run((signal) => post("/v1/compare", body, signal));
      if (compared) fill(rows, matrix(compared, y, platform));
    } catch (error) {
      fill(rows, problem(error));
    }
  };
}

/** Whether the net of an answer can be scaled. */
export function scalable(answer) {
  return Boolean(answer?.base.model) && answer.base.model.family !== "vit";
}

function matrix({ rows }, y, platform) {
  const [word, value, format] = QUANTITIES[y];
  const names = [...new Set(rows.map((row) => row.strategy))];
  const at = (name, factor) => rows.find((row) => row.strategy === name && row.factor === factor);
  const least = Object.fromEntries(FACTORS.map((factor) => [factor, Math.min(...names.map((name) => value(at(name, factor)) ?? Infinity))]));
  const cell = (factor) => (name) => {
    const amount = value(at(name, factor));
    if (amount === undefined || amount === null) return "–";
    const best = factor !== 1 && amount === least[factor];
    return [best ? h("strong", {}, format(amount)) : format(amount), factor !== 1 && h("span", { class: "sub" }, best ? "least" : `${times(amount / least[factor])} of least`)];
  };
  const columns = [{ title: "Strategy", head: true, cell: (name) => name }, ...FACTORS.map((factor) => ({ title: `${factor}× flops`, number: true, cell: cell(factor) }))];
  return table({ caption: y === "seconds" ? `Epoch ${word} on ${platform} by strategy and factor` : `${word[0].toUpperCase()}${word.slice(1)} by strategy and factor`, columns, rows: names });
}

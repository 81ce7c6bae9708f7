// The strategies side by side over factors: a table of one quantity.

import { post } from "./api.js";
import { fill, h, radios } from "./dom.js";
import { bytes, duration, si, times } from "./format.js";
import { Panel } from "./panel.js";
import { platformOf } from "./platforms.js";
import { net, number, present } from "./request.js";
import { strategies } from "./scaling-fields.js";
import { snippet } from "./snippet.js";
import { table } from "./table.js";

const FACTORS = [1, 2, 4, 8, 16];
const STANDARD = "d,w,r,dwr,dWr";
const QUANTITIES = {
  seconds: ["time", (row) => row.predictions[0]?.epoch_seconds, duration],
  acts: ["acts", (row) => row.scaled.complexity.acts, si],
  params: ["params", (row) => row.scaled.complexity.params, si],
  memory: ["memory of a step on one device", (row) => row.memory?.bytes, bytes],
};

const chosen = (now) => (now.strategies ?? STANDARD).split(",").filter(Boolean);

/** Builds the view in `place`; returns what to call when the state changes. */
export function compare(place, state) {
  const panel = new Panel();
  const quantity = radios("Compare", "y", Object.entries(QUANTITIES).map(([name, [word]]) => [name, word]), "seconds", (y) => state.set({ y: y === "seconds" ? null : y }));
  const named = h("fieldset", {}, h("legend", {}, "Strategies"), h("div", { class: "choices" }));
  fill(place, h("h2", {}, "Compare strategies"), quantity, named, panel.said, panel.found);
  const boxes = strategies().then((all) => fill(named.lastChild, all.map((strategy) => box(strategy, state))));

  return (now) => panel.show(async (signal) => {
    await boxes;
    const y = Object.hasOwn(QUANTITIES, now.y ?? "") ? now.y : "seconds";
    for (const radio of quantity.querySelectorAll("input")) radio.checked = radio.value === y;
    for (const box of named.querySelectorAll("input")) box.checked = chosen(now).includes(box.value);
    const platform = await platformOf(now);
    const body = present({
      ...net(now), strategies: chosen(now), factors: FACTORS, platform, mode: now.mode, family: now.family,
      dataset_images: number(now.images), batch_size: number(now.batch), interval: number(now.level),
    });
    const answer = await post("/v1/compare", body, signal);
    return { found: [matrix(answer, y, platform), snippet({ path: "/v1/compare", body })] };
  });
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

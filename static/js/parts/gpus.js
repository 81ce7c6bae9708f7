// The GPUs that a question is about, as chips: timed platforms and GPUs known by their data sheets alike. The first is what
// the sentence above the answer speaks of.

import { field, fill, h } from "../core/dom.js";
import { many } from "../core/format.js";
import { chosen, gpus, modeOf, naming, platforms, recipe, sheet } from "../core/platforms.js";
import { priced, prices } from "../core/prices.js";
import { bytes, read } from "../core/quantity.js";
import { Combobox } from "./combobox.js";

/** @import { Named } from "../core/platforms.js" */
/** @import { Params, State } from "../core/state.js" */
/** @import { Option } from "./combobox.js" */

/** The field of GPUs; it follows `state` and changes it. @param {State} state */
export function gpuField(state) {
  const chips = h("ul", { class: "chips", "aria-label": "GPUs of this answer" });
  const why = h("span", { class: "hint" });
  /** @param {string[]} ids */
  const set = (ids) => state.set({ platform: ids.join(",") });
  const box = new Combobox({
    label: "GPUs", placeholder: "H100, A100, V100, …", options: () => options(state.get()),
    onchoose: async (value) => {
      const all = await options(state.get());
      const id = all.find((option) => option.value === value)?.value ?? value;
      set([...(await chosen(state.get())).filter((one) => one !== id), id]);
    },
  });
  const element = field("GPUs", box.element);
  for (const label of element.querySelectorAll("label")) label.htmlFor = box.id;
  element.insertBefore(chips, box.element);
  element.append(why);
  let before = "";

  /** @param {Params} now */
  async function show(now) {
    const [ids, name] = await Promise.all([chosen(now), naming(modeOf(now))]);
    why.textContent = now.platform || !ids.length ? "" : `You have chosen none: ${name(ids[0]).title} is what most is known of here, the others are for comparison.`;
    const what = JSON.stringify([ids, now.mode]);
    if (what !== before) {
      before = what;
      fill(chips, ids.map((id, index) => chip(id, index, name(id))));
    }
    for (const input of chips.querySelectorAll("input")) if (document.activeElement !== input) input.value = prices(now).get(input.dataset.id ?? "") ?? "";
  }

  /** @param {string} id @param {number} index @param {Named} named */
  function chip(id, index, named) {
    const others = async () => (await chosen(state.get())).filter((one) => one !== id);
    const first = h("button", { type: "button", class: "name", "aria-pressed": String(index === 0), title: `${named.about}. A click makes it the one that the sentence is about.`, on: { click: async () => set([id, ...await others()]) } }, named.title);
    const price = h("input", { class: "price", "data-id": id, "aria-label": `Price per hour of ${named.title}, all devices`, placeholder: "$ per hour", autocomplete: "off", spellcheck: "false", on: { change: () => {
      const wrong = read(price.value, "money");
      const error = wrong && "error" in wrong ? `${wrong.error}.` : "";
      price.setAttribute("aria-invalid", String(Boolean(error)));
      price.title = error;
      state.set({ prices: priced(state.get(), id, price.value) });
    } } });
    const away = h("button", { type: "button", class: "away", "aria-label": `Without ${named.title}`, on: { click: async () => set(await others()) } }, "×");
    return h("li", { class: index === 0 ? "chip first" : "chip" }, first, price, away);
  }
  return { element, show };
}

/** All that can be asked for: timed platforms first, then each GPU by its data sheet, then its other recipes. @param {Params} state @returns {Promise<Option[]>} */
async function options(state) {
  const [all, sheets, ids] = await Promise.all([platforms(), gpus(), chosen(state)]);
  const mode = modeOf(state);
  const name = await naming(mode);
  const timed = all.filter(({ measurements }) => measurements[mode] > 0)
    .map(({ id, device, measurements }) => ({ value: id, words: [id, device, sheet(sheets, id)?.device ?? ""], text: name(id).title, note: `${id}, ${many(measurements[mode], "timing")}` }));
  const plain = sheets.map(({ id, device, memory_bytes: memory }) => ({ value: `gpu:${id}`, words: [id, device, device.replace(/^NVIDIA (GeForce )?/, ""), `gpu:${id}`], text: device, note: `${bytes(memory)}, by data sheet` }));
  const precise = sheets.flatMap(({ device, ask_for: names }) => names.map((asked) => ({ value: asked, words: [asked, `${device} ${recipe(asked)}`], text: name(asked).title, note: "by data sheet" })));
  return [...timed, ...plain, ...precise].filter(({ value }) => !ids.includes(value));
}

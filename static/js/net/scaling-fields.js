// How to scale: a named strategy or α, and the factor by which the flops are to grow.

import { field, h, select } from "../core/dom.js";
import { known } from "../core/api.js";

/** The named strategies. */
export async function strategies() {
  return (await known("/v1/strategies")).strategies;
}

const ALPHA = "alpha";

/** The select of strategies; `withAlpha` adds the slider's family. `onchange` hears changes of the state. */
export async function strategyField(state, { withAlpha, onchange }) {
  const options = [["none", "not scaled"], ...(await strategies()).map(({ name, what }) => [name, `${name}: ${what}`])];
  if (withAlpha) options.push([ALPHA, "α: the fast family, by a slider"]);
  const change = () => onchange(control.value === ALPHA ? { alpha: "0.7", strategy: null } : { strategy: control.value, alpha: null });
  const control = select(options, state.alpha ? ALPHA : state.strategy, { on: { change } });
  return { element: field("Scaled by", control), read: (state) => { control.value = state.alpha && withAlpha ? ALPHA : state.strategy; } };
}

/** The slider of α, shown where α is chosen. */
export function alphaField(state, onchange) {
  const said = h("output", {});
  const control = h("input", {
    type: "range", min: 0, max: 1, step: 0.05, value: state.alpha ?? "0.7",
    on: { input: () => { say(); onchange({ alpha: control.value }); } },
  });
  const say = () => { said.textContent = ` = ${control.value}`; };
  const element = field(["α", said], control, "The share of growth that goes to width; depth and resolution share the rest. 0.8 is dWr.");
  const read = (state) => {
    element.hidden = !state.alpha;
    if (state.alpha) control.value = state.alpha;
    say();
  };
  return { element, read };
}

/** The factor, as a number and as a slider over powers of two. */
export function factorField(state, { slider, onchange }) {
  const control = h("input", { type: "number", min: 0, step: "any", inputmode: "decimal", value: state.factor, on: { input: () => change(control.value) } });
  const range = slider && h("input", {
    type: "range", min: -2, max: 6, step: 0.25, "aria-label": "Factor, from a quarter to 64", "aria-valuetext": `${state.factor} times`,
    on: { input: () => { control.value = tidy(2 ** range.value); change(control.value); } },
  });
  const change = (factor) => {
    range?.setAttribute("aria-valuetext", `${factor} times`);
    if (Number(factor) > 0) onchange({ factor });
  };
  const element = field("Factor", control, slider && "How many times the flops it is to take.");
  if (range) control.after(range);
  const read = (state) => {
    const off = state.strategy === "none" && !state.alpha;
    control.disabled = off;
    if (document.activeElement !== control) control.value = state.factor;
    if (!range) return;
    range.disabled = off;
    if (document.activeElement !== range) range.value = Math.log2(Number(state.factor) || 1);
  };
  return { element, read };
}

const tidy = (factor) => (factor >= 10 ? factor.toFixed(1) : factor.toFixed(2)).replace(/\.?0+$/, "");

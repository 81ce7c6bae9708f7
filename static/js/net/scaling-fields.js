// How to scale: a named strategy or α, and the factor by which the flops are to grow.

import { known } from "../core/api.js";
import { field, h, select } from "../core/dom.js";
import { amount } from "../core/quantity.js";
import { quantityField } from "../parts/quantity-field.js";

/** @import { StrategyRow } from "api" */
/** @import { Changes, Params } from "../core/state.js" */
/** @typedef {{element: HTMLElement, read: (state: Params, why: string | null) => void}} Part */

/** The named strategies. @returns {Promise<StrategyRow[]>} */
export async function strategies() {
  return (await known("/v1/strategies")).strategies;
}

const ALPHA = "alpha";

/**
 * The select of strategies and of α's family; `onchange` hears changes of the state.
 *
 * @param {Params} state
 * @param {(changes: Changes) => void} onchange
 * @returns {Promise<Part>}
 */
export async function strategyField(state, onchange) {
  /** @type {[string, string][]} */
  const options = [["none", "not scaled"], ...(await strategies()).map(({ name, what }) => /** @type {[string, string]} */ ([name, `${name}: ${what}`])), [ALPHA, "α: the fast family, by a slider"]];
  const change = () => onchange(control.value === ALPHA ? { alpha: "0.7", strategy: null } : { strategy: control.value, alpha: null });
  const control = select(options, state.alpha ? ALPHA : state.strategy ?? "", { on: { change } });
  return { element: field("Scaled by", control), read: (state, why) => {
    control.disabled = why !== null;
    control.value = why ? "none" : state.alpha ? ALPHA : state.strategy ?? "";
  } };
}

/**
 * The slider of α, shown where α is chosen.
 *
 * @param {Params} state
 * @param {(changes: Changes) => void} onchange
 * @returns {Part}
 */
export function alphaField(state, onchange) {
  const said = h("output", {});
  const control = h("input", {
    type: "range", min: 0, max: 1, step: 0.05, value: state.alpha ?? "0.7",
    on: { input: () => { say(); onchange({ alpha: control.value }); } },
  });
  const say = () => { said.textContent = ` = ${control.value}`; };
  const element = field(["α", said], control, "The share of growth that goes to width; depth and resolution share the rest. 0.8 is dWr.");
  return { element, read: (state, why) => {
    element.hidden = !state.alpha || why !== null;
    if (state.alpha && document.activeElement !== control) control.value = state.alpha;
    say();
  } };
}

/**
 * The factor, as a number and, with `slider`, as a slider over powers of two.
 *
 * @param {{slider: boolean, onchange: (changes: Changes) => void}} asked
 * @returns {Part}
 */
export function factorField({ slider, onchange }) {
  const number = quantityField({ label: "Factor", kind: "factor", placeholder: "4", hint: slider ? "How many times the flops it is to take." : "", event: "input", onchange: (factor) => change(factor) });
  const range = slider ? h("input", {
    type: "range", min: -2, max: 6, step: 0.25, "aria-label": "Factor, from a quarter to 64",
    on: { input: () => { number.control.value = tidy(2 ** Number(range?.value)); change(number.control.value); } },
  }) : null;
  /** @param {string} factor */
  const change = (factor) => {
    range?.setAttribute("aria-valuetext", `${factor} times`);
    if (amount(factor, "factor")) onchange({ factor });
  };
  if (range) number.control.after(range);
  return { element: number.element, read: (state, why) => {
    const off = why !== null || (state.strategy === "none" && !state.alpha);
    number.control.disabled = off;
    number.show(state.factor);
    if (!range) return;
    range.disabled = off;
    range.setAttribute("aria-valuetext", `${state.factor} times`);
    if (document.activeElement !== range) range.value = String(Math.log2(amount(state.factor, "factor") ?? 1));
  } };
}

/** @param {number} factor */
const tidy = (factor) => (factor >= 10 ? factor.toFixed(1) : factor.toFixed(2)).replace(/\.?0+$/, "");

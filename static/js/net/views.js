// The views of one net: each a link, so that Back, a middle click and a copied address do what they do elsewhere.

import { fill, h } from "../core/dom.js";

/** @import { Params, State } from "../core/state.js" */
/** @typedef {"scale" | "compare" | "plan" | "time"} View */

/** @type {Record<View, string>} */
const VIEWS = { scale: "Scale", compare: "Compare", plan: "Plan", time: "Time spent" };

/** The view that the state names. @param {Params} state @returns {View} */
export function viewOf({ view }) {
  return view === "compare" || view === "plan" || view === "time" ? view : "scale";
}

/** Fills `place` with links to the views, which keep everything else of the state. @param {HTMLElement} place @param {State} state */
export function views(place, state) {
  const links = Object.entries(VIEWS).map(([view, title]) => {
    const link = h("a", { on: { click: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      state.set({ view });
    } } }, title);
    return { view, link };
  });
  fill(place, links.map(({ link }) => link));
  state.watch((now) => {
    for (const { view, link } of links) {
      link.href = state.url({ view });
      if (view === viewOf(now)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  });
}

// The views of one net: each a link, so that Back, a middle click and a copied address do what they do elsewhere.

import { fill, h } from "../core/dom.js";

const VIEWS = { scale: "Scale", compare: "Compare", plan: "Plan", time: "Time spent" };

/** The view that the state names. */
export function viewOf(state) {
  return Object.hasOwn(VIEWS, state.view ?? "") ? state.view : "scale";
}

/** Fills `place` with links to the views, which keep everything else of the state. */
export function views(place, state) {
  const links = Object.entries(VIEWS).map(([view, title]) => {
    const change = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      state.set({ view });
    };
    return [view, h("a", { on: { click: change } }, title)];
  });
  fill(place, links.map(([, link]) => link));
  state.watch((now) => {
    for (const [view, link] of links) {
      link.href = state.url({ view });
      if (view === viewOf(now)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  });
}

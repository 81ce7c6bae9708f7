// Errors in plain words, with the id under which the server's log has them.

import { h, fill } from "../core/dom.js";
import { capital } from "../core/format.js";

const NEXT = {
  0: "Try again in a moment.",
  401: "Paste a token that holds; `epochcast token create --name me --scope write` makes one.",
  429: "Wait a little, then try again.",
  503: "Nothing was lost. Try again in a few seconds.",
};

/** What went wrong, where, and what to do about it. */
export function problem(error) {
  if (!("requestId" in error)) console.error(error);
  const known = "requestId" in error;
  const errors = (error.errors ?? []).slice(0, 5);
  const said = errors.length ? errors.map(one) : [h("p", {}, known ? sentence(error.message) : "This page made a mistake. Reload it, and tell us if that does not help.")];
  return h("div", { class: "problem", role: "alert" },
    said,
    NEXT[error.status] && h("p", {}, NEXT[error.status]),
    errors.some(unscalable) && h("p", {}, h("a", { href: unscaled() }, "Predict it as it is, not scaled")),
    error.requestId && h("p", { class: "small quiet" }, "Request ", h("code", {}, error.requestId)));
}

function one({ pointer, detail, hint }) {
  const place = pointer?.replace(/^\//, "").replaceAll("/", ", ");
  return h("p", {}, place && [h("code", {}, place), ": "], sentence(detail), hint && ` ${sentence(capital(hint))}`);
}

/** Whether a net was to be scaled of which only the costs are known. */
function unscalable({ pointer, detail }) {
  return pointer === "/scaling" && detail.startsWith("costs alone");
}

/** This page without the scaling. */
function unscaled() {
  const search = new URLSearchParams(location.search);
  search.delete("alpha");
  search.set("strategy", "none");
  return `?${search}`;
}

function sentence(text) {
  const plain = String(text ?? "");
  return /[.?!…]$/.test(plain) ? plain : `${plain}.`;
}

/** Shows what `work` makes in `place`, or what went wrong. */
export async function shown(place, work) {
  place.setAttribute("aria-busy", "true");
  try {
    const made = await work();
    if (made !== undefined) fill(place, made);
  } catch (error) {
    fill(place, problem(error));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

// Errors in plain words, with the id under which the server's log has them.

import { fill, h } from "../core/dom.js";
import { capital } from "../core/format.js";

/** @import { FieldError } from "api" */
/** @import { Child } from "../core/dom.js" */

/** @type {Record<number, string>} */
const NEXT = {
  0: "Try again in a moment.",
  401: "Give a token that holds; `epochcast token create --name me --scope write` makes one.",
  429: "Wait a little, then try again.",
  503: "Nothing was lost. Try again in a few seconds.",
};

/** What the service advises to those who call it, and what that means on a page. @type {[RegExp, string][]} */
const HERE = [
  [/`?GET \/v1\/models`? lists the names; or describe the net by its fields/, "Type a part of its name in the field “Net” to see the names that are known, or choose “description” and give its fields"],
  [/name a net of which GET \/v1\/models gives a description, or describe one/, "Choose a net that the list marks as one that scales, or choose “description” and give its fields"],
  [/`?GET \/v1\/platforms`? (lists|has) (them|the ids|the names)/, "The field “GPUs” lists them"],
  [/Send some with `?POST \/v1\/measurements`?( or `[^`]*`)?/, "Send some on the page Upload"],
];

/** @param {string} text */
const here = (text) => HERE.reduce((text, [theirs, ours]) => text.replace(theirs, ours), text);

/**
 * What went wrong, where, and what to do about it.
 *
 * @param {unknown} error
 */
export function problem(error) {
  const known = error instanceof Error && "requestId" in error ? /** @type {Error & {requestId: string | null, status?: number, errors?: FieldError[]}} */ (error) : null;
  if (!known) console.error(error);
  const errors = (known?.errors ?? []).slice(0, 5);
  const said = errors.length ? errors.map(one) : [h("p", {}, known ? coded(sentence(here(known.message))) : "This page made a mistake. Reload it, and tell us if that does not help.")];
  const next = known?.status === undefined ? null : NEXT[known.status];
  return h("div", { class: "problem", role: "alert" },
    said, next && h("p", {}, coded(next)),
    known?.requestId && h("p", { class: "small quiet" }, "Request ", h("code", {}, known.requestId)));
}

/** Text with what stands in backticks as code. @param {string} text @returns {Child} */
export const coded = (text) => text.split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));

/** @param {FieldError} error */
function one({ pointer, detail, hint }) {
  const place = pointer.replace(/^\//, "").replaceAll("/", ", ");
  return h("p", {}, place && [h("code", {}, place), ": "], coded(sentence(here(detail))), hint && [" ", coded(sentence(capital(here(hint))))]);
}

/** @param {string} text */
function sentence(text) {
  return /[.?!…]$/.test(text) ? text : `${text}.`;
}

/**
 * Shows what `work` makes in `place`, or what went wrong.
 *
 * @param {Element} place
 * @param {() => Promise<Child>} work
 */
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

// What a person decides on an upload, whatever is thought of its rows: into the fits, or out of them, with a reason.

import { change } from "../core/api.js";
import { field, fill, h } from "../core/dom.js";
import { many } from "../core/format.js";
import { problem } from "../parts/problem.js";

/** @import { RuledRows, UploadSummary } from "api" */
/** @import { How } from "./receipt.js" */

/**
 * A form with the reason, and a button either way.
 *
 * @param {UploadSummary} upload
 * @param {How} how
 */
export function decider(upload, { token, onchange, said }) {
  const reason = h("input", { type: "text", maxlength: "500", autocomplete: "off", on: { input: () => open() } });
  const wanted = h("p", { class: "note" }, "Say why first: others will read it in the log.");
  // Without a reason there is nothing to press.
  const open = () => {
    const given = reason.value.trim() !== "";
    wanted.hidden = given;
    buttons.forEach((button) => { button.disabled = !given; });
  };
  /** @param {"release" | "hold"} what @param {(ruled: RuledRows) => string} told */
  const decide = async (what, told) => {
    if (!token.held()) return;
    buttons.forEach((button) => { button.disabled = true; });
    try {
      /** @type {RuledRows} */
      const ruled = await change("POST", `/v1/uploads/${upload.upload}/${what}`, { reason: reason.value.trim() });
      await onchange();
      fill(said, h("p", { class: "note" }, told(ruled)));
    } catch (error) {
      fill(said, problem(error));
    }
    open();
  };
  const release = h("button", { type: "button", on: { click: () => decide("release", ({ measurements }) => `${many(measurements, "row")} released: in the fits, whatever is thought of them.`) } }, "Release: keep all rows in the fits");
  const hold = h("button", { type: "button", on: { click: () => decide("hold", ({ measurements }) => `${many(measurements, "row")} held out of the fits, until somebody releases them.`) } }, "Hold: keep all rows out");
  const buttons = [release, hold];
  open();
  return h("details", {}, h("summary", {}, "Decide otherwise"),
    h("p", {}, "What is thought of a row follows from all others. You may know better. That takes a token of scope admin, and a reason, which the log keeps."),
    h("form", { on: { submit: (event) => event.preventDefault() } }, field("Reason", reason), wanted, h("div", { class: "actions" }, ...buttons)));
}

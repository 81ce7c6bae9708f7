// A stored upload: what became of its rows, undo, and putting it back.

import { change } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { moment } from "../core/format.js";
import { download } from "../parts/download.js";
import { problem } from "../parts/problem.js";
import { counted } from "./verdicts.js";

/** @import { UploadSummary } from "api" */
/** @typedef {{held: () => boolean}} Token */
/** @typedef {{token: Token, onchange: () => void | Promise<void>, said: Element}} How */

/** Who sent an upload, and when. @param {UploadSummary} upload */
export const sent = (upload) => `${upload.sender}, ${moment(upload.created_at)} UTC`;

/**
 * What an upload is, its counts, and the button that takes it out or puts it back.
 *
 * @param {UploadSummary} upload
 * @param {How} how
 */
export function receipt(upload, how) {
  const removed = Boolean(upload.removed_at);
  return [
    h("p", {}, `Upload ${upload.upload} by ${sent(upload)}. `, removed ? "Its rows are kept, but in no fit, unless somebody else has sent them too." : "Its rows are on disk and in the fits."),
    counted(upload),
    upload.rejected > 0 && h("p", {}, wrongRows(upload, "The wrong rows as CSV"), ", to fix and send again."),
    h("div", { class: "actions" }, mover(upload, how, removed ? "Put it back" : "Undo: take it out of the fits")),
  ];
}

/** A link to the rows of an upload that were wrong. @param {UploadSummary} upload @param {string} text @param {string} [label] where the text alone does not say what it is */
export function wrongRows(upload, text, label) {
  const link = download(`/v1/uploads/${upload.upload}/rejected.csv`, `rejected-${upload.upload}.csv`, text);
  if (label) link.setAttribute("aria-label", label);
  return link;
}

/**
 * A button that takes an upload out, or puts it back where it is out.
 *
 * @param {UploadSummary} upload
 * @param {How} how
 * @param {string} text
 * @param {string} [label] where the text alone does not say which
 */
export function mover(upload, { token, onchange, said }, text, label) {
  const path = `/v1/uploads/${upload.upload}`;
  const act = async () => {
    if (!token.held()) return;
    button.disabled = true;
    try {
      await (upload.removed_at ? change("POST", `${path}/restore`) : change("DELETE", path));
      fill(said);
      await onchange();
    } catch (error) {
      fill(said, problem(error));
    }
    button.disabled = false;
  };
  const button = h("button", { type: "button", class: label && "small", "aria-label": label, on: { click: act } }, text);
  return button;
}

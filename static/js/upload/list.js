// The uploads, the newest first: who sent them, when, what became of their rows, out of the fits and back.

import { get, Latest, query } from "../core/api.js";
import { debounced, field, fill, h, select } from "../core/dom.js";
import { date, exact, many, moment } from "../core/format.js";
import { problem } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";
import { mover, wrongRows } from "./receipt.js";

/** @import { Uploads, UploadSummary } from "api" */
/** @import { Params, State } from "../core/state.js" */
/** @import { Column } from "../parts/table.js" */
/** @import { Token } from "./receipt.js" */

/**
 * Puts the list into `place`; returns what to call when the state changes.
 *
 * @param {Element} place
 * @param {{state: State, token: Token & {element: HTMLElement}}} page
 */
export function uploadList(place, { state, token }) {
  const latest = new Latest();
  const [rows, said, tools] = [h("div", {}), h("div", { role: "status" }), h("div", {})];
  const sender = h("input", { type: "search", placeholder: "a part of the name", spellcheck: "false", autocomplete: "off", on: { input: debounced(() => state.set({ sender: sender.value.trim(), after: null }, { quietly: true }), 250) } });
  const shown = select([["", "all"], ["false", "those that are in"], ["true", "those that were taken out"]], "", { on: { change: () => state.set({ removed: shown.value, after: null }) } });
  fill(place, h("form", { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } }, field("Sent by", sender), field("Show", shown)),
    said, rows, h("h2", {}, "To take out or put back"), token.element, tools);

  return async function show(/** @type {Params} */ now) {
    if (document.activeElement !== sender) sender.value = now.sender ?? "";
    shown.value = now.removed ?? "";
    const path = query("/v1/uploads", { order: "desc", sender: now.sender, removed: now.removed, after: now.after });
    rows.setAttribute("aria-busy", "true");
    try {
      /** @type {Uploads | undefined} */
      const page = await latest.run((signal) => get(path, signal));
      if (!page) return;
      const columns = listed((upload) => mover(upload, { token, said, onchange: () => show(state.get()) }, upload.removed_at ? "Put back" : "Undo", `${upload.removed_at ? "Put back" : "Undo"} upload ${upload.upload}`));
      fill(rows, page.uploads.length ? [table({ caption: "Uploads", hidden: true, columns, rows: page.uploads, cards: true }), pager(page, now, state)] : none(now, state));
      fill(tools, snippet({ path }));
    } catch (error) {
      fill(rows, problem(error));
    }
    rows.removeAttribute("aria-busy");
  };
}

/** @param {(upload: UploadSummary) => HTMLElement} move @returns {Column<UploadSummary>[]} */
function listed(move) {
  return [
    { title: "Upload", head: true, cell: ({ upload }) => h("a", { href: `/uploads?upload=${upload}` }, `Upload ${upload}`) },
    { title: "Sent by", cell: ({ sender }) => sender },
    { title: "When", unit: "UTC", cell: ({ created_at: at }) => moment(at) },
    { title: "Accepted", number: true, cell: ({ accepted }) => exact(accepted) },
    { title: "Known already", number: true, cell: ({ duplicates }) => exact(duplicates) },
    { title: "Kept out", number: true, cell: ({ quarantined }) => exact(quarantined) },
    { title: "Wrong", number: true, cell: (row) => (row.rejected ? wrongRows(row, exact(row.rejected), `The ${many(row.rejected, "wrong row")} of upload ${row.upload} as CSV`) : "0") },
    { title: "Now", cell: ({ removed_at: out }) => (out ? `taken out ${date(out)}` : "in the fits") },
    { title: "Change", cell: move },
  ];
}

/** @param {Params} now @param {State} state */
function none(now, state) {
  if (!now.sender && !now.removed && !now.after) return h("p", { class: "note" }, "Nothing has been sent yet. ", h("a", { href: "/upload" }, "Send the first timings"), ".");
  return h("p", { class: "note" }, "No upload is like this. ", h("button", { type: "button", class: "plain", on: { click: () => state.set({ sender: null, removed: null, after: null }) } }, "Show all"));
}

/** @param {Uploads} page @param {Params} now @param {State} state */
function pager(page, now, state) {
  const newest = h("button", { type: "button", disabled: !now.after, on: { click: () => state.set({ after: null }) } }, "The newest");
  const older = h("button", { type: "button", disabled: !page.next, on: { click: () => state.set({ after: page.next }) } }, "Older ones");
  if (!now.after && !page.next) return null;
  return h("div", { class: "pager" }, h("span", { class: "quiet small" }, `${many(page.uploads.length, "upload")}${page.next ? ", older ones on the next page" : ""}`), h("span", {}, newest, " ", older));
}

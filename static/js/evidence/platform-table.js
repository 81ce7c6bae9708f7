// The platforms: what they are, how much is known of each, how far predictions are off, when something came last.

import { h } from "../core/dom.js";
import { date, device, exact, percent, setup } from "../core/format.js";
import { platforms } from "../core/platforms.js";
import { table } from "../parts/table.js";

/** @import { Mode, PlatformRow } from "api" */
/** @import { Column } from "../parts/table.js" */

/** The table of all platforms. */
export async function platformTable() {
  const rows = await platforms();
  if (!rows.length) return empty();
  /** @type {Column<PlatformRow>[]} */
  const columns = [
    { title: "Platform", head: true, cell: (row) => h("a", { href: `/platforms/${encodeURIComponent(row.id)}` }, row.id) },
    { title: "What it is", cell: (row) => [device(row), h("span", { class: "sub" }, setup(row))] },
    { title: "Timings", number: true, cell: timings },
    { title: "Off by", number: true, cell: off },
    { title: "Last upload", number: true, cell: (row) => (row.last_upload ? date(row.last_upload) : "–") },
  ];
  return [
    table({ caption: "Platforms", hidden: true, columns, rows, cards: true }),
    h("p", { class: "small quiet" }, "“Off by” is the mean error of predictions for nets that were left out of the fit. Timings of different precision, layout or framework are never pooled."),
  ];
}

/** @param {PlatformRow} row */
function timings({ measurements: { train, infer } }) {
  const parts = [train && `${exact(train)} training`, infer && `${exact(infer)} inference`].filter(Boolean);
  return parts.length ? parts.map((part, index) => (index ? h("span", { class: "sub" }, part) : part)) : "none yet";
}

/** @type {Mode[]} */
const MODES = ["train", "infer"];

/** @param {PlatformRow} row */
function off({ cross_validated_error: errors }) {
  const parts = MODES.map((mode) => errors[mode]).filter((error) => typeof error === "number");
  return parts.length ? parts.map((error, index) => (index ? h("span", { class: "sub" }, percent(error)) : percent(error))) : "–";
}

function empty() {
  return h("div", { class: "note" },
    h("p", {}, "Nothing has been timed here yet, so nothing can be predicted; nets are counted all the same."),
    h("p", {}, h("a", { href: "/upload" }, "Send a file of timings"), ", or start the service on a new database, which comes with published timings inside."));
}

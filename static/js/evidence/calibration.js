// How often intervals held of timings that were predicted before they were learnt.

import { get } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { many, percent } from "../core/format.js";
import { shown } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";

/** @import { CalibrationAnswer, TrackRecord } from "api" */
/** @import { State } from "../core/state.js" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {{what: string, record: TrackRecord}} Row */

/** Fills `place` on demand. @param {Element} place @param {string} platform @param {State} state */
export function calibration(place, platform, state) {
  const result = h("div", {});
  const details = h("details", { on: { toggle: () => { if (details.open && !result.hasChildNodes()) load(); } } },
    h("summary", {}, "How often intervals held for timings that came later"), result);
  fill(place, details);
  const path = `/v1/calibration?platform=${encodeURIComponent(platform)}`;
  const load = () => shown(result, async () => {
    /** @type {CalibrationAnswer} */
    const { platforms } = await get(path);
    const found = platforms.find((row) => row.mode === state.get().mode);
    if (!found) return h("p", {}, "Nothing was timed there.");
    const { measurements, ever, lately, months } = found;
    const of = `${many(ever.rows, "timing")} of ${measurements} came as part of an upload that was predicted before it was learnt.`;
    if (!ever.rows) return h("p", {}, `${of} The others came with the service, or before this was kept, or were the first of their platform.`);
    /** @type {Row[]} */
    const rows = [{ what: "the last 1,000", record: lately }, { what: "all", record: ever }, ...months.map((record) => ({ what: record.month, record }))];
    return [h("p", { class: "small quiet" }, of), table({ caption: "How often intervals held", hidden: true, columns, rows, cards: true }), snippet({ path })];
  });
}

/** @param {number | null | undefined} value */
const share = (value) => (typeof value === "number" ? percent(value, 0) : "–");

/** @type {Column<Row>[]} */
const columns = [
  { title: "Timings", head: true, cell: ({ what }) => what },
  { title: "Number", number: true, cell: ({ record }) => record.rows },
  { title: "80 % interval held", number: true, cell: ({ record }) => share(record.covered_80) },
  { title: "90 % interval held", number: true, cell: ({ record }) => share(record.covered_90) },
  { title: "95 % interval held", number: true, cell: ({ record }) => share(record.covered_95) },
  { title: "Took longer than predicted by", number: true, cell: ({ record }) => (typeof record.signed_error === "number" ? percent(record.signed_error) : "–") },
];

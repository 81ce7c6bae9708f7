// What an upload does to the fits: how far off they are before and after, what moves, who decides.

import { h } from "../core/dom.js";
import { capital, exact, many, MODES, percent } from "../core/format.js";
import { duration } from "../core/quantity.js";
import { table } from "../parts/table.js";

/** @import { FitImpact, FitState, Impact, MovedNet } from "api" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {{what: string, of: (state: FitState) => string}} Figure */

/** @param {number | null | undefined} share */
const share = (share) => (typeof share === "number" ? percent(share) : "–");

/** @type {Figure[]} */
const FIGURES = [
  { what: "Timings in the fit", of: (state) => exact(state.measurements) },
  { what: "Off by, for nets left out of it", of: (state) => share(state.cross_validated_error) },
  { what: "90 % intervals held, for nets left out", of: (state) => share(state.covered_90) },
];

/** @param {Impact} impact */
export function impact({ fits, left_out: left }) {
  if (!fits.length && !left) return null;
  return h("section", { id: "impact" }, h("h3", {}, "What it does to the fits"), fits.map(ofFit), left && h("p", { class: "small quiet" }, `${capital(left)}.`));
}

/** @param {FitImpact} fit */
function ofFit({ platform, mode, before, after, foretold, moved, warnings }) {
  const name = `${platform}, ${MODES[mode]}`;
  /** @type {Column<Figure>[]} */
  const columns = [
    { title: "", head: true, cell: ({ what }) => what },
    { title: "Before", number: true, cell: ({ of }) => (before ? of(before) : "–") },
    { title: "After", number: true, cell: ({ of }) => (after ? of(after) : "–") },
  ];
  return [
    table({ caption: name, columns, rows: FIGURES }),
    foretold.rows > 0 && h("p", {}, `${share(foretold.covered_90)} of ${many(foretold.rows, "new timing")} lie within the 90 % intervals of the fit before.`),
    warnings.map(({ detail }) => h("p", { class: "note" }, `${detail}.`)),
    moved.length > 0 && h("details", {}, h("summary", {}, `Nets that move most: ${moved[0]?.name} by ${byHow(moved[0])}`), table({ caption: `Epochs of ImageNet on ${name}`, hidden: true, columns: MOVED, rows: moved })),
  ];
}

/** @param {MovedNet | undefined} net */
function byHow(net) {
  const change = net ? net.after_epoch_seconds / net.before_epoch_seconds - 1 : 0;
  return `${change < 0 ? "−" : "+"}${percent(Math.abs(change))}`;
}

/** @type {Column<MovedNet>[]} */
const MOVED = [
  { title: "Net", head: true, cell: ({ name }) => name },
  { title: "Before", number: true, cell: (net) => duration(net.before_epoch_seconds) },
  { title: "After", number: true, cell: (net) => duration(net.after_epoch_seconds) },
  { title: "Change", number: true, cell: byHow },
];

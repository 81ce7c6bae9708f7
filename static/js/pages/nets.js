// The nets that go by a name: what they cost, whether they can be scaled, where that is known from.

import { get } from "../core/api.js";
import { lead } from "../core/carried.js";
import { $, h } from "../core/dom.js";
import { State } from "../core/state.js";
import { si } from "../core/quantity.js";
import { listing } from "../parts/listing.js";
import { shown } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";

/** @import { ModelRow } from "api" */
/** @import { Sortable } from "../parts/listing.js" */
/** @typedef {ModelRow & {own: ModelRow["resolutions"][number]}} NetRow */

lead();
shown($("#nets"), nets);

async function nets() {
  /** @type {ModelRow[]} */
  const models = (await get("/v1/models")).models;
  const rows = models.map((row) => ({ ...row, own: own(row) }));
  const families = [...new Set(rows.map(({ family }) => family))].sort();
  /** @type {Sortable<NetRow>[]} */
  const columns = [
    { title: "Net", head: true, sort: "name", by: ({ name }) => name, cell: named },
    { title: "Group", sort: "group", by: ({ family }) => family, cell: ({ family }) => family },
    { title: "Flops", number: true, sort: "flops", by: ({ own }) => own.complexity.flops, cell: ({ own }) => si(own.complexity.flops) },
    { title: "Params", number: true, sort: "params", by: ({ own }) => own.complexity.params, cell: ({ own }) => si(own.complexity.params) },
    { title: "Acts", number: true, sort: "acts", by: ({ own }) => own.complexity.acts, cell: ({ own }) => si(own.complexity.acts) },
    { title: "Pixels", number: true, sort: "pixels", by: ({ own }) => own.resolution, cell: sizes },
    { title: "Scales", cell: ({ can_be_scaled: scales }) => (scales ? "yes" : "no") },
    { title: "Known from", cell: ({ source }) => source },
  ];
  const place = h("section", {});
  listing(place, {
    state: new State({}), caption: "Nets", noun: "net", columns, rows, search: { label: "Name", placeholder: "resnet50" },
    choices: [
      { name: "group", label: "Timing group", options: [["", "all"], ...families.map((family) => /** @type {[string, string]} */ ([family, family]))], takes: ({ family }, value) => family === value },
      { name: "scales", label: "Scales", options: [["", "all"], ["yes", "those that scale"], ["no", "those that are known as they are"]], takes: ({ can_be_scaled: scales }, value) => scales === (value === "yes") },
    ],
    words: ({ name, aliases }) => [name, ...aliases],
  });
  return [place, h("p", { class: "small quiet" }, "Flops are multiply-adds of one image, acts what layers put out for it, both at the resolution in “Pixels”. A net that scales can be asked for at any resolution, one that does not at those that are named. Small letters and capitals are the same, and timm's tags may stand behind: resnet50.a1_in1k."),
    snippet({ path: "/v1/models" })];
}

/** What a net is taken to be where no resolution is named: at 224 pixels where that is known, else at the least. @param {ModelRow} row */
const own = ({ resolutions }) => resolutions.find(({ resolution }) => resolution === 224) ?? resolutions[0];

/** @param {NetRow} row */
function named({ name, aliases }) {
  return [h("a", { href: `/?model=${encodeURIComponent(name)}` }, name), aliases.length > 0 && h("span", { class: "sub" }, `also ${aliases.join(", ")}`)];
}

/** @param {NetRow} row */
function sizes({ own, resolutions }) {
  const others = resolutions.filter((one) => one !== own).map(({ resolution }) => resolution);
  return [own.resolution, others.length > 0 && h("span", { class: "sub" }, `also ${others.join(", ")}`)];
}

// The table of measurements: filtered, sorted and paged by the server.

import { get, Latest, query } from "../core/api.js";
import { $, debounced, field, fill, h, select } from "../core/dom.js";
import { fixed, plain } from "../core/format.js";
import { si } from "../core/quantity.js";
import { turn } from "../core/turn.js";
import { download } from "../parts/download.js";
import { problem } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";

/** @import { MeasurementRow, Measurements } from "api" */
/** @import { Changes, Params, State } from "../core/state.js" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {{state: State, open: (id: number) => void}} Page */

const LIMIT = 25;

/** Puts the table of a platform, or of an upload, into `place`; returns what to call when the state changes. @param {Element} place @param {Page & {platform?: string, upload?: string}} page */
export function measurements(place, { platform, upload, state, open }) {
  const latest = new Latest();
  const rows = h("div", {});
  const tools = h("div", {});
  const search = h("input", { type: "search", placeholder: "resnet50", on: { input: debounced(() => state.set({ search: search.value.trim(), cursor: null }, { quietly: true }), 250) } });
  const fits = select([["", "all"], ["false", "those in the fits"], ["true", "those kept out of the fits"]], "", { on: { change: () => state.set({ quarantined: fits.value, cursor: null, ...(fits.value === "true" && { sort: null }) }) } });
  fill(place, h("h2", { id: "measurements" }, "Measurements"),
    h("form", { class: "filters", role: "search", on: { submit: (event) => event.preventDefault() } }, field("Label or net", search), field("Show", fits)), rows, tools);
  let before = "";

  return async function show(/** @type {Params} */ now) {
    if (document.activeElement !== search) search.value = now.search ?? "";
    fits.value = now.quarantined ?? "";
    const sort = now.sort?.replace(/^-/, "");
    const order = now.sort && (now.sort.startsWith("-") ? "desc" : "asc");
    const filter = { platform, mode: now.mode, search: now.search, quarantined: now.quarantined, upload: upload ?? now.upload };
    const path = query("/v1/measurements", { ...filter, sort, order, limit: LIMIT, cursor: now.cursor });
    if (path === before) return;
    before = path;
    rows.setAttribute("aria-busy", "true");
    try {
      /** @type {Measurements | undefined} */
      const page = await latest.run(async (signal) => {
        const answer = await get(path, signal);
        await turn();
        return answer;
      });
      if (!page) return;
      fill(rows, page.measurements.length ? listing(page, now, { state, open, mixed: !platform }) : none(now, { state, upload }), pager(page, now, state));
      const csv = query("/v1/measurements.csv", filter);
      fill(tools, h("p", { class: "small" }, download(csv, "measurements.csv", "CSV of these"), " (to be imported elsewhere as it is)"), snippet({ path: csv, csv: true }));
    } catch (error) {
      before = "";
      fill(rows, problem(error));
    }
    rows.removeAttribute("aria-busy");
  };
}

/** `mixed`: of several platforms, which the server sorts by few things. @param {Measurements} page @param {Params} now @param {Page & {mixed: boolean}} what */
function listing(page, now, { state, open, mixed }) {
  const sort = (/** @type {string} */ name) => (mixed ? undefined : name);
  /** @type {Column<MeasurementRow>[]} */
  const columns = [
    { title: "Net", head: true, sort: "label", cell: (row) => [h("a", { href: state.url({ measurement: row.id }), on: { click: (event) => { event.preventDefault(); open(row.id); } } }, name(row)), row.quarantined && h("span", { class: "sub" }, "kept out of the fits")] },
    ...(mixed ? [{ title: "Platform", cell: (/** @type {MeasurementRow} */ row) => [platformOf(row), h("span", { class: "sub" }, row.mode)] }] : []),
    { title: "Group", cell: (row) => row.group },
    { title: "Flops", number: true, sort: sort("flops"), cell: (row) => si(row.costs.flops) },
    { title: "Params", number: true, sort: sort("params"), cell: (row) => si(row.costs.params) },
    { title: "Acts", number: true, sort: sort("acts"), cell: (row) => si(row.costs.acts) },
    { title: "Time", unit: "ms per image", number: true, sort: sort("time"), cell: (row) => fixed(1000 * row.seconds_per_image) },
    { title: "Images", unit: "per s", number: true, cell: (row) => plain(1 / row.seconds_per_image) },
    { title: "Upload", number: true, sort: "id", cell: (row) => (mixed ? row.upload : h("a", { href: `/uploads?upload=${row.upload}` }, row.upload)) },
  ];
  return table({ caption: "Measurements", hidden: true, columns, rows: page.measurements, sorted: now.sort ?? "id", onsort: (sort) => state.set({ sort: sort === "id" ? null : sort, cursor: null }), chosen: (row) => String(row.id) === now.measurement });
}

/** What the measurer called the net, else its name. @param {MeasurementRow} row @returns {string} */
export function name(row) {
  const { name, family } = /** @type {{name?: string, family?: string}} */ (row.model ?? {});
  return row.label || name || family || "costs alone";
}

/** @param {MeasurementRow} row */
const platformOf = ({ platform }) => (typeof platform === "string" ? platform : platform?.id);

/** @param {Params} now @param {{state: State, upload?: string}} of */
function none(now, { state, upload }) {
  const filtered = now.search || now.quarantined || (now.upload && !upload);
  if (!filtered && upload) return h("p", { class: "note" }, "None of its rows is in at present.");
  if (!filtered) return h("p", { class: "note" }, "Nothing was timed here in this mode yet. ", h("a", { href: "/upload" }, "Send the first timings"), ".");
  return h("p", { class: "note" }, "No measurement is like this. ", h("button", { type: "button", class: "plain", on: { click: () => state.set({ search: null, quarantined: null, ...(!upload && { upload: null }), cursor: null }) } }, "Show all"));
}

/** @param {Measurements} page @param {Params} now @param {State} state */
function pager(page, now, state) {
  const go = (/** @type {Changes} */ changes) => { state.set(changes); $("#measurements").scrollIntoView(); };
  const first = h("button", { type: "button", disabled: !now.cursor, on: { click: () => go({ cursor: null }) } }, "First page");
  const next = h("button", { type: "button", disabled: !page.next, on: { click: () => go({ cursor: page.next }) } }, "Next page");
  return h("div", { class: "pager" }, h("span", { class: "quiet small" }, `${page.measurements.length} shown${page.next ? ", more on the next page" : ""}`), h("span", {}, first, " ", next));
}

// The page about a platform: its timings against their costs, how honest the predictions are, every measurement.

import { get } from "../core/api.js";
import { lead } from "../core/carried.js";
import { $, fill, h, pick, radios } from "../core/dom.js";
import { correlation, date, device, many, MODES, percent, plain, setup } from "../core/format.js";
import { here } from "../core/place.js";
import { platforms } from "../core/platforms.js";
import { State } from "../core/state.js";
import { calibration } from "../evidence/calibration.js";
import { gpu } from "../evidence/gpu.js";
import { honesty } from "../evidence/honesty.js";
import { opener } from "../evidence/measurement.js";
import { measurements } from "../evidence/measurements.js";
import { platformTable } from "../evidence/platform-table.js";
import { Chart } from "../parts/chart.js";
import { problem } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";

/** @import { Correlations, Line, Mode, ModeFits, PlatformAnswer, PlatformRow } from "api" */
/** @import { Child } from "../core/dom.js" */
/** @import { Params } from "../core/state.js" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {{family: string | null, n: number, r: Correlations, line?: Line | null}} GroupRow */

const place = $("#evidence");
const id = decodeURIComponent(here().split("/")[2] ?? "");

lead();
(!id ? list() : id.startsWith("gpu:") ? gpu(place, id) : platform()).catch((error) => fill(place, h("h1", {}, id || "Evidence"), problem(error),
  h("p", {}, h("a", { href: "/gpus" }, "All GPUs and platforms"))));

async function list() {
  fill(place, h("h1", {}, "Evidence"), h("p", { class: "lede" }, "Each platform stands on timings of its own. Choose one to see them."),
    await platformTable(), snippet({ path: "/v1/platforms" }));
}

async function platform() {
  document.title = `${id} · epochcast`;
  const path = `/v1/platforms/${encodeURIComponent(id)}`;
  const [head, charts, groups, honest, held, rows] = Array.from({ length: 6 }, () => h("section", {}));
  fill(place, h("p", { class: "small" }, h("a", { href: "/platforms" }, "All platforms"), ", ", h("a", { href: "/gpus" }, "all GPUs")), h("h1", {}, id), head, charts, groups, snippet({ path }), honest, held, rows);
  // The list comes with the page, and is all that the charts wait for: they are what people come for.
  const known = (await platforms()).find((one) => one.id === id);
  /** @type {Promise<PlatformAnswer>} */
  const asked = get(path);
  const row = known ?? await asked;
  const modes = /** @type {Mode[]} */ (["train", "infer"]).filter((mode) => row.measurements[mode] > 0);
  const state = new State({ mode: modes[0] ?? "train" });
  const { open, follow } = opener(state);
  fill(head, facts(row), modes.length > 0 && h("p", {}, h("a", { href: `/?platform=${encodeURIComponent(id)}${modes.includes("train") ? "" : "&mode=infer"}` }, "Predict a net on it")));
  if (!modes.length) fill(charts, empty());
  const shown = modes.length ? evidence(charts, { state, modes, open }) : () => {};
  const listed = measurements(rows, { platform: id, state, open });
  state.watch((now) => {
    shown(now);
    listed(now);
    follow(now);
  });
  if (modes.length) {
    honesty(honest, id, state);
    calibration(held, id, state);
  }
  const { fits } = await asked;
  state.watch((now) => {
    const fit = fits.find((fit) => fit.mode === now.mode);
    fill(groups, fit && byGroup(fit, now, state));
  });
}

/** @param {PlatformRow} platform */
function facts(platform) {
  const { train, infer } = platform.measurements;
  const counted = [train && many(train, "training timing"), infer && many(infer, "inference timing")].filter(Boolean).join(", ") || "none yet";
  const off = Object.entries(platform.cross_validated_error).flatMap(([mode, error]) => (typeof error === "number" ? [`${percent(error)} (${MODES[mode]})`] : [])).join(", ");
  /** @type {[string, Child][]} */
  const pairs = [["Device", device(platform)], ["Setup", setup(platform)], ["Timings", counted],
    ["Predictions off by", off && `${off} on average, for nets left out of the fit`], ["Last upload", platform.last_upload && date(platform.last_upload)]];
  return h("dl", { class: "facts" }, pairs.filter(([, text]) => text).map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]));
}

function empty() {
  return h("div", { class: "note" }, h("p", {}, "This platform is known, but nothing is in its fits yet. Nine timings make a first honest interval."), h("p", {}, h("a", { href: "/upload" }, "Send timings")));
}

/** The charts: time against each cost, and the residuals. @param {Element} place @param {{state: State, modes: Mode[], open: (id: string) => void}} what */
function evidence(place, { state, modes, open }) {
  const fits = ["acts", "flops", "params"].map((x) => ({ x, chart: new Chart("/v1/charts/fit", open) }));
  const residuals = new Chart("/v1/charts/residuals", open);
  const choice = modes.length > 1 ? radios("Timings of", "mode", modes.map((mode) => [mode, MODES[mode]]), state.get().mode, (mode) => state.set({ mode, cursor: null })) : null;
  fill(place, choice, h("h2", {}, "Time against costs"), h("div", { class: "panels" }, fits.map(({ chart }) => chart.element)),
    h("h2", {}, "How far off each prediction is"), residuals.element);
  let before = "";
  return (/** @type {Params} */ now) => {
    if (choice) pick(choice, now.mode);
    const what = JSON.stringify([now.mode, now.group]);
    if (what === before) return;
    before = what;
    for (const { x, chart } of fits) chart.show({ platform: id, mode: now.mode, x, group: now.group });
    residuals.show({ platform: id, mode: now.mode });
  };
}

/** How well each cost tells the time, all together and by timing group. @param {ModeFits} fit @param {Params} now @param {State} state */
function byGroup(fit, now, state) {
  /** @type {GroupRow[]} */
  const rows = [{ family: null, ...fit.all }, ...fit.groups];
  /** @param {GroupRow} row */
  const choose = (row) => h("button", { type: "button", class: "plain", "aria-pressed": String((now.group ?? null) === row.family), on: { click: () => state.set({ group: row.family }) } }, row.family ?? "all");
  /** @type {Column<GroupRow>[]} */
  const columns = [
    { title: "Timing group", head: true, cell: choose },
    { title: "Timings", number: true, cell: (row) => row.n },
    { title: "r with acts", number: true, cell: (row) => correlation(row.r.acts) },
    { title: "flops", number: true, cell: (row) => correlation(row.r.flops) },
    { title: "params", number: true, cell: (row) => correlation(row.r.params) },
    { title: "ms per M acts", number: true, cell: (row) => (row.line ? plain(row.line.ms_per_million_acts) : "–") },
  ];
  return [h("h2", {}, "What tells the time"), h("p", { class: "small quiet" }, "Pearson's r of the time for one image with each cost. A group shows its own timings in the charts above."),
    table({ caption: "Correlation of time with costs, by timing group", hidden: true, columns, rows, chosen: (row) => (now.group ?? null) === row.family })];
}

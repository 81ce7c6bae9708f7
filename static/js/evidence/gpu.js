// The page about a GPU that goes by its data sheet: what is known of it, what that predicts, how to send timings of it.

import { get, post } from "../core/api.js";
import { $, fill, h } from "../core/dom.js";
import { percent, plain } from "../core/format.js";
import { at } from "../core/place.js";
import { platforms } from "../core/platforms.js";
import { between, bytes, duration } from "../core/quantity.js";
import { copyable, snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";

/** @import { GpuRow, PredictionRow } from "api" */
/** @import { Child } from "../core/dom.js" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {{model: string, factor?: number}} Net */
/** @typedef {{net: Net, row: PredictionRow}} Predicted */

/** Nets that show what the GPU would do: small and large, plain and scaled. @type {Net[]} */
const NETS = [{ model: "EfficientNet-B0" }, { model: "ResNet-50" }, { model: "RegNetY-4GF" }, { model: "RegNetY-4GF", factor: 4 }];

/** Fills `place` with the page about `gpu:NAME` and what may stand behind. @param {Element} place @param {string} id */
export async function gpu(place, id) {
  document.title = `${id} · epochcast`;
  const content = h("div", { "aria-busy": "true" });
  fill(place, h("p", { class: "small" }, h("a", { href: "/gpus" }, "All GPUs")), h("h1", {}, id), content);
  const path = `/v1/gpus/${encodeURIComponent(id.split(":")[1])}`;
  /** @type {[GpuRow, Predicted[]]} */
  const [sheet, predicted] = await Promise.all([get(path), predictions(id)]);
  document.title = `${sheet.device} · epochcast`;
  $("h1").textContent = sheet.device;
  content.removeAttribute("aria-busy");
  fill(content, known(sheet, predicted), facts(sheet),
    h("p", {}, h("a", { href: `/?platform=${encodeURIComponent(id)}` }, "Predict a net on it")),
    h("h2", {}, "What is predicted"), shown(id, predicted), names(sheet),
    h("h2", { id: "timings" }, "Send timings of it"), sending(sheet), snippet({ path }));
}

/** What a training epoch takes of nets that everybody knows; none where nothing was timed anywhere. @param {string} id @returns {Promise<Predicted[]>} */
async function predictions(id) {
  if (!(await platforms()).some(({ measurements }) => measurements.train > 0)) return [];
  const items = NETS.map(({ model, factor }) => ({ model: { name: model }, platform: id, ...(factor && { scaling: { strategy: "dWr", factor } }) }));
  const { items: answers } = await post("/v1/predict/batch", { items });
  return NETS.flatMap((net, index) => (answers[index].predictions ?? []).map((/** @type {PredictionRow} */ row) => ({ net, row })));
}

/** What the predictions stand on, in sentences. @param {GpuRow} sheet @param {Predicted[]} predicted */
function known({ timed }, predicted) {
  const basis = predicted[0]?.row.fit.data_sheet;
  const links = timed.map((platform, index) => [index ? ", " : "", h("a", { href: `/platforms/${encodeURIComponent(platform)}` }, platform)]);
  return [h("p", { class: "lede" }, "This page goes by the data sheet. ", timed.length ? ["It was also timed, as ", links, ": what is predicted there has a narrower interval."] : "Nobody has sent timings of it yet."),
    basis && h("p", {}, "Times are those of ", h("a", { href: `/platforms/${encodeURIComponent(basis.platform)}` }, basis.platform), `, the timed platform that is most like it, times ${plain(basis.factor)}: ${plain(basis.bandwidth_factor)} for the bandwidth of its memory, ${plain(basis.rate_factor)} for its arithmetic, ${plain(basis.precision_factor)} for the precision, ${plain(basis.memory_format_factor)} for the memory format, ${plain(basis.software_factor)} for the software. Where this could be checked, half of the timings of a GPU were 5 to 53 % off or less. The interval allows for that.`)];
}

/** @param {GpuRow} sheet */
function facts(sheet) {
  const tera = (/** @type {number} */ rate) => `${plain(rate)} · 10¹² operations a second`;
  /** @type {[string, Child][]} */
  const pairs = [["Memory", bytes(sheet.memory_bytes)], ["Bandwidth", `${plain(sheet.bandwidth_gigabytes_per_second)} GB/s`],
    [sheet.fp16_teraflops > sheet.fp32_teraflops ? "16-bit, tensor cores" : "16-bit", tera(sheet.fp16_teraflops)], ["TF32, tensor cores", typeof sheet.tf32_teraflops === "number" && tera(sheet.tf32_teraflops)], ["32-bit", tera(sheet.fp32_teraflops)], ["Source", sheet.source]];
  return h("dl", { class: "facts" }, pairs.filter(([, text]) => text).map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]));
}

/** @param {string} id @param {Predicted[]} predicted */
function shown(id, predicted) {
  if (!predicted.length) return h("p", { class: "note" }, "Nothing: no platform has training timings that could be scaled to this GPU. ", h("a", { href: "/upload" }, "Send the first timings"), ".");
  /** @type {Column<Predicted>[]} */
  const columns = [
    { title: "Net", head: true, cell: ({ net: { model, factor } }) => `${model}${factor ? `, ${factor}× by dWr` : ""}` },
    { title: "Training epoch", number: true, cell: ({ row }) => duration(row.epoch_seconds) },
    { title: `${percent(predicted[0].row.interval.level, 0)} interval`, number: true, cell: ({ row }) => between(row.interval.low_seconds, row.interval.high_seconds, row.epoch_seconds) },
    { title: "Images", unit: "per s", number: true, cell: ({ row }) => plain(row.images_per_second) },
  ];
  return [h("p", { class: "small quiet" }, "Of ", h("code", {}, id), ", one device, and ImageNet's 1,281,167 images."), table({ caption: "Predicted training epochs", hidden: true, columns, rows: predicted, cards: true })];
}

/** @param {GpuRow} sheet */
function names({ id, ask_for: names }) {
  const link = (/** @type {string} */ name) => h("a", { href: `/?platform=${encodeURIComponent(name)}` }, h("code", {}, name));
  return h("p", {}, "Ask for it as ", link(`gpu:${id}`), " (mixed precision, channels first, eager), or in another recipe: ", names.map((name, index) => [index ? ", " : "", link(name)]), ".");
}

/** @param {GpuRow} sheet */
function sending({ id, device }) {
  const row = [`my-${id}`, device, "1", "amp", "channels_first", "train", "ResNet-50", "ResNet-50", "256", ""].join(",");
  return [h("p", {}, "Nine timings make a first honest interval; with them the platform stands on its own. On a machine with such a GPU and PyTorch, the harness of the Python package chooses the nets that teach most, times them, and sends them with your token:"),
    copyable(`EPOCHCAST_TOKEN=… epochcast-bench --url ${location.origin}${at("/")} --suggest 9 --upload`),
    h("p", {}, "Or give times that you have, as a file on the page ", h("a", { href: "/upload" }, "Upload"), ". This is such a file; put images per second, of all devices together, at the end of its row, and add rows for other nets:"),
    copyable(`platform,device,device_count,precision,memory_format,mode,label,name,batch_size,images_per_second\n${row}`)];
}

// The columns of a CSV of timings, and templates of those that are sent most.

import { line } from "../core/csv.js";

/** @typedef {{name: string, what: string, example: string}} ColumnInfo */

/** All columns that are read, in the words of those who fill them. @type {ColumnInfo[]} */
export const COLUMNS = [
  { name: "platform", what: "id of the platform: lower-case letters, digits, - . _", example: "my-4090" },
  { name: "device", what: "the GPU, as its maker calls it; needed where the platform is new", example: "NVIDIA GeForce RTX 4090" },
  { name: "device_count", what: "how many of them, 1 where absent", example: "1" },
  { name: "precision", what: "fp32, tf32, amp, amp_bf16, fp16 or bf16", example: "amp" },
  { name: "memory_format", what: "channels_first or channels_last", example: "channels_last" },
  { name: "compiled", what: "true where a compiler was used", example: "false" },
  { name: "framework", what: "with its version", example: "PyTorch 2.9" },
  { name: "mode", what: "train, or infer for the forward pass alone", example: "train" },
  { name: "label", what: "your own name for the net", example: "baseline" },
  { name: "name", what: "the net, by a name that is known here", example: "ResNet-50" },
  { name: "model", what: "in its place: a description as JSON", example: "{\"family\": \"regnet\", \"depth\": 18, \"w0\": 80, \"wa\": 34.01, \"wm\": 2.25, \"group_w\": 24}" },
  { name: "resolution", what: "side of the images in pixels, where it is not the net's own", example: "224" },
  { name: "flops", what: "in place of a net: multiply-adds of one forward pass on one image", example: "4089184256" },
  { name: "params", what: "with flops: learned parameters", example: "25557032" },
  { name: "acts", what: "with flops: output elements of conv, linear, attention and max-pool layers", example: "11113984" },
  { name: "family", what: "timing group, where it does not follow from the net", example: "resnet" },
  { name: "strategy", what: "how the net was scaled: dWr, dwr, d, w, r, …", example: "dWr" },
  { name: "alpha", what: "in its place: the share of the width", example: "0.8" },
  { name: "scale_type", what: "in its place: a reference string of pycls", example: "d1_w8_g8_r1" },
  { name: "exponents", what: "in its place: shares as JSON", example: "{\"d\": 0.1, \"w\": 0.8, \"g\": 0.8, \"r\": 0.1}" },
  { name: "factor", what: "with one of these: by how much the flops were to grow", example: "4" },
  { name: "scaling", what: "in place of all of these: a scaling as JSON", example: "{\"strategy\": \"dWr\", \"factor\": 4}" },
  { name: "batch_size", what: "images in a step, of all devices together", example: "256" },
  { name: "images_per_second", what: "the speed, of all devices together …", example: "1510" },
  { name: "step_seconds", what: "… or seconds of a step (not ms), with batch_size …", example: "0.1695" },
  { name: "epoch_seconds", what: "… or seconds of an epoch, with dataset_images", example: "848.5" },
  { name: "dataset_images", what: "images of that epoch", example: "1281167" },
  { name: "measured_at", what: "when, as RFC 3339 has it", example: "2026-11-24T12:00:00Z" },
  { name: "source", what: "where the figure comes from: a name or an address", example: "run 17, logs/resnet50.txt" },
  { name: "noise", what: "relative standard deviation of the time of a step", example: "0.02" },
  { name: "verdict", what: "of an export: what became of the row before", example: "" },
];

/** Columns that a list of wrong rows has, and that are passed over. */
const REMARKS = ["line", "field", "error"];
/** What timm's tables have, which are read as they are. */
const TIMM = ["train_samples_per_sec", "infer_samples_per_sec", "train_step_time", "infer_step_time"];

/** Whether a table with these columns is read as it is. @param {string[]} names */
export function isKnown(names) {
  if (names.includes("model") && TIMM.some((name) => names.includes(name))) return true;
  return names.every((name) => REMARKS.includes(name) || COLUMNS.some((column) => column.name === name));
}

const WHERE = ["platform", "device", "device_count", "precision", "memory_format", "compiled", "framework", "mode"];

/** @type {{file: string, title: string, columns: string[], own?: Record<string, string>}[]} */
const TEMPLATES = [
  { file: "named", title: "Nets with a name, in images a second", columns: [...WHERE, "name", "resolution", "batch_size", "images_per_second"] },
  { file: "steps", title: "Seconds of a step", columns: [...WHERE, "name", "resolution", "batch_size", "step_seconds"] },
  { file: "epochs", title: "Seconds of an epoch", columns: [...WHERE, "name", "resolution", "batch_size", "epoch_seconds", "dataset_images"] },
  { file: "scaled", title: "Scaled nets", columns: [...WHERE, "name", "strategy", "factor", "batch_size", "images_per_second"], own: { images_per_second: "410" } },
  { file: "costs", title: "Nets of your own, by their costs", columns: [...WHERE, "label", "flops", "params", "acts", "resolution", "batch_size", "images_per_second"] },
  { file: "inference", title: "Inference", columns: [...WHERE, "name", "resolution", "batch_size", "images_per_second"], own: { mode: "infer", images_per_second: "4300" } },
];

/** Templates: what each is for, and its text, a header and a row that can be sent as it is. */
export const templates = TEMPLATES.map(({ file, title, columns, own = {} }) => {
  const example = (/** @type {string} */ name) => own[name] ?? COLUMNS.find((column) => column.name === name)?.example ?? "";
  return { name: `timings-${file}.csv`, title, text: `${line(columns)}\n${line(columns.map(example))}\n` };
});

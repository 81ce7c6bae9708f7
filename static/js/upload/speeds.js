// How many images a second the rows of a file come to, so that a wrong unit is seen before anything is saved.

import { line, records } from "../core/csv.js";

/** @import { GpuRow, ModelRow } from "api" */
/** @typedef {Record<string, unknown>} Fields */
/** @typedef {{net: string, speed: number, work: number | null, device: string}} Speed */
/** @typedef {{rows: Speed[], least: Speed, middle: Speed, most: Speed}} Range */

/** Letters of a file that are looked at: enough for any middle. */
const MOST = 8 * 2 ** 20;
const SPEEDS = ["images_per_second", "train_samples_per_sec", "infer_samples_per_sec"];
const IMAGENET = 1281167;

/** The rows of a text, as far as they can be read. @param {string} text @param {string} type @returns {Fields[]} */
export function fields(text, type) {
  const head = text.slice(0, MOST);
  if (type === "text/csv") {
    const [header, ...rows] = records(head.replace(/^\uFEFF/, ""));
    const names = header?.cells.map((name) => name.trim()) ?? [];
    return rows.map(({ cells }) => Object.fromEntries(names.map((name, i) => [name, cells[i]])));
  }
  try {
    if (type === "application/x-ndjson") return head.split("\n").slice(0, head.length < text.length ? -1 : undefined).flatMap((one) => (one.trim() ? [JSON.parse(one)] : []));
    const value = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    return [];
  }
}

/** @param {unknown} value */
const positive = (value) => (Number(value) > 0 && Number.isFinite(Number(value)) ? Number(value) : null);

/** Images a second of a row; null where it does not say. @param {Fields} row */
function speed(row) {
  const told = SPEEDS.map((name) => positive(row[name])).find((value) => value !== null);
  if (told) return told;
  const [step, epoch, batch] = [positive(row.step_seconds), positive(row.epoch_seconds), positive(row.batch_size)];
  if (step && batch) return batch / step;
  return epoch && (positive(row.dataset_images) ?? IMAGENET) / epoch;
}

/** The nets that are known by name, with their flops. @param {ModelRow[]} models */
export const flopsByName = (models) => new Map(models.flatMap((model) => [model.name, ...model.aliases].map((name) => /** @type {[string, number]} */ ([name.toLowerCase(), model.resolutions[0].complexity.flops]))));

/** @param {unknown} value @returns {Fields} */
const object = (value) => (value && typeof value === "object" ? /** @type {Fields} */ (value) : {});

/**
 * The speeds of `rows`, the least, the middle and the most of them; null where none tells a speed.
 *
 * @param {Fields[]} rows
 * @param {Map<string, number>} known
 * @param {string} mode of rows that do not say
 * @returns {Range | null}
 */
export function range(rows, known, mode) {
  const found = rows.flatMap((row) => {
    const value = speed(row);
    if (!value) return [];
    const [model, platform] = [object(row.model), object(row.platform)];
    const name = String(row.name ?? model.name ?? (typeof row.model === "string" ? row.model : ""));
    const flops = positive(row.flops) ?? positive(object(row.complexity).flops) ?? known.get(name.toLowerCase());
    const factor = positive(row.factor) ?? positive(object(row.scaling).factor) ?? 1;
    const devices = positive(row.device_count ?? platform.device_count) ?? 1;
    // Training takes three passes; a multiplication with an addition is two operations.
    const passes = (row.mode || mode || (row.infer_samples_per_sec ? "infer" : "")) === "infer" ? 1 : 3;
    return [{ net: String(row.label || name || "a net"), speed: value, work: flops ? (2 * passes * flops * factor * value) / devices : null, device: String(row.device ?? platform.device ?? "") }];
  });
  if (!found.length) return null;
  const sorted = found.sort((a, b) => a.speed - b.speed);
  return { rows: sorted, least: sorted[0], middle: sorted[Math.floor(sorted.length / 2)], most: sorted[sorted.length - 1] };
}

/** Operations a second that no GPU is beyond, and that none of which no data sheet is known is below. */
const FASTEST = 5e15;
const SLOWEST = 5e10;
/** Shares of what a data sheet says that timings lie between: most reach a tenth, and small nets a hundredth. */
const SHARES = { least: 5e-4, most: 1.2 };

/** What a device could do at best; null where its data sheet is not known. @param {GpuRow[]} gpus @param {string} device */
function peak(gpus, device) {
  const bare = (/** @type {string} */ text) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const named = gpus.filter(({ id }) => device && bare(device).includes(bare(id.split("-")[0])));
  // Of several that fit, such as an A100 of either kind, the fastest.
  return named.length ? 1e12 * Math.max(...named.map(({ fp16_teraflops: most }) => most)) : null;
}

/** Why the middle of these speeds cannot be true of any GPU; null where it can. @param {Range} range @param {GpuRow[]} gpus @returns {"slow" | "fast" | null} */
export function absurd({ rows, middle }, gpus) {
  const works = rows.flatMap(({ work }) => work ?? []).sort((a, b) => a - b);
  const work = works[Math.floor(works.length / 2)];
  if (work === undefined) return middle.speed < 2 ? "slow" : middle.speed > 1e6 ? "fast" : null;
  const best = peak(gpus, middle.device);
  if (work > (best ? SHARES.most * best : FASTEST)) return "fast";
  return work < (best ? SHARES.least * best : SLOWEST) ? "slow" : null;
}

const TIMES = ["step_seconds", "epoch_seconds"];

/** Whether rows tell their times in seconds, which could have been meant as milliseconds. @param {Fields[]} rows */
export const tellsSeconds = (rows) => rows.some((row) => TIMES.some((name) => positive(row[name])));

/** `text` with its times, which were milliseconds, in seconds. @param {string} text @param {string} type */
export function inSeconds(text, type) {
  const thousandth = (/** @type {unknown} */ value) => Number((Number(value) / 1000).toPrecision(12));
  if (type === "text/csv") {
    const [header, ...rows] = records(text.replace(/^\uFEFF/, "")).map(({ cells }) => cells);
    const times = header.flatMap((name, i) => (TIMES.includes(name.trim()) ? [i] : []));
    const changed = rows.map((cells) => cells.map((cell, i) => (times.includes(i) && positive(cell) ? String(thousandth(cell)) : cell)));
    return `${[header, ...changed].map(line).join("\n")}\n`;
  }
  /** @param {Fields} row */
  const changed = (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, TIMES.includes(name) && positive(value) ? thousandth(value) : value]));
  if (type === "application/x-ndjson") return text.split("\n").map((one) => (one.trim() ? JSON.stringify(changed(JSON.parse(one))) : one)).join("\n");
  const value = JSON.parse(text);
  return JSON.stringify(Array.isArray(value) ? value.map(changed) : changed(value));
}

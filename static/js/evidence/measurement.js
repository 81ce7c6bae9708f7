// One measurement: all that was sent, what follows from it, and where it comes from.

import { get } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { date, exact, plain } from "../core/format.js";
import { shown } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";
import { name } from "./measurements.js";

/** @import { MeasurementRow, UploadSummary } from "api" */
/** @import { Child } from "../core/dom.js" */
/** @import { Params, State } from "../core/state.js" */

/** What opens the measurement of an id, and opens and closes as the URL says. @param {State} state */
export function opener(state) {
  const content = h("div", {});
  const title = h("h2", { id: "measurement-title" }, "Measurement");
  const dialog = h("dialog", { "aria-labelledby": title.id, on: {
    close: () => { if (state.get().measurement) state.set({ measurement: null }); },
    click: (event) => { if (event.target === dialog) dialog.close(); },
  } }, h("form", { method: "dialog", class: "close" }, h("button", { class: "small" }, "Close")), title, content);
  document.body.append(dialog);
  /** @type {string | null} */
  let shownId = null;

  const open = (/** @type {string | number} */ id) => state.set({ measurement: id });
  const follow = (/** @type {Params} */ { measurement }) => {
    if (!measurement) {
      shownId = null;
      if (dialog.open) dialog.close();
      return;
    }
    if (!dialog.open) dialog.showModal();
    if (measurement === shownId) return;
    shownId = measurement;
    title.textContent = `Measurement ${measurement}`;
    fill(content);
    shown(content, () => details(measurement));
  };
  return { open, follow };
}

/** @param {string} id */
async function details(id) {
  const path = `/v1/measurements/${encodeURIComponent(id)}`;
  /** @type {MeasurementRow} */
  const row = await get(path);
  /** @type {UploadSummary} */
  const upload = await get(`/v1/uploads/${row.upload}`);
  /** @type {[string, Child][]} */
  const pairs = [
    ["Net", name(row)],
    ["Scaled", row.scaling && JSON.stringify(row.scaling)],
    ["Platform", `${typeof row.platform === "string" ? row.platform : row.platform?.id}, ${row.mode}`],
    ["Timing group", row.group],
    ["Flops", exact(row.costs.flops)], ["Params", exact(row.costs.params)], ["Acts", exact(row.costs.acts)],
    ["Time", `${plain(1000 * row.seconds_per_image)} ms per image, of all devices together`],
    ["Batch size", row.batch_size && exact(row.batch_size)],
    ["Resolution", row.resolution && `${row.resolution} × ${row.resolution}`],
    ["Measured", row.measured_at && date(row.measured_at)],
    ["Source", row.source && source(row.source)],
    ["Sent by", `${upload.sender}, ${date(upload.created_at)}, upload ${row.upload}, line ${row.line}`],
    ["Kept out of the fits", row.quarantined],
  ];
  const asSent = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  return [h("dl", { class: "facts" }, pairs.filter(([, text]) => text).map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])),
    h("details", {}, h("summary", {}, "As JSON"), h("pre", { tabindex: 0, role: "region", "aria-label": "The measurement as JSON" }, h("code", {}, JSON.stringify(asSent, null, 1)))),
    snippet({ path })];
}

/** A source, as a link where it is the address of a page; else as text. @param {string} text */
function source(text) {
  if (!/^https?:\/\/[^\s"<>]+$/.test(text)) return text;
  return h("a", { href: text, rel: "noreferrer noopener nofollow" }, text);
}

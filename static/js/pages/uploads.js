// Who sent what, and when; one upload with all its rows.

import { get } from "../core/api.js";
import { lead } from "../core/carried.js";
import { $, fill, h } from "../core/dom.js";
import { State } from "../core/state.js";
import { opener } from "../evidence/measurement.js";
import { measurements } from "../evidence/measurements.js";
import { problem } from "../parts/problem.js";
import { tokenField } from "../parts/token-field.js";
import { decider } from "../upload/decide.js";
import { uploadList } from "../upload/list.js";
import { receipt } from "../upload/receipt.js";

/** @import { UploadSummary } from "api" */
/** @import { Params } from "../core/state.js" */

const place = $("#uploads");
const state = new State({});
const token = tokenField();

lead();
const id = state.get().upload;
if (id) one(id);
else all();

function all() {
  const rows = h("div", {});
  fill(place, h("h1", {}, "Uploads"), h("p", { class: "lede" }, "What was sent, the newest first. An upload can be taken out of the fits and put back at any time; ", h("a", { href: "/upload" }, "send another"), "."), rows);
  state.watch(uploadList(rows, { state, token }));
}

/** @param {string} id */
async function one(id) {
  document.title = `Upload ${id} · epochcast`;
  const [about, said, rows] = [h("div", {}), h("div", { role: "status" }), h("section", {})];
  fill(place, h("p", { class: "small" }, h("a", { href: "/uploads" }, "All uploads")), h("h1", {}, `Upload ${id}`), about, token.element, said, rows);
  const { open, follow } = opener(state);
  const tell = async () => {
    try {
      /** @type {UploadSummary} */
      const upload = await get(`/v1/uploads/${encodeURIComponent(id)}`);
      const how = { token, said, onchange: tell };
      fill(about, receipt(upload, how), decider(upload, how));
      // Made anew: what is in has changed.
      listed = measurements(rows, { upload: id, state, open });
      listed(state.get());
    } catch (error) {
      fill(about, problem(error));
    }
  };
  /** @type {((now: Params) => void) | undefined} */
  let listed;
  await tell();
  state.watch((now) => {
    listed?.(now);
    follow(now);
  });
}

// The images a second that a file comes to, in words, with a warning where no GPU is like that.

import { known } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { exact, many, plain } from "../core/format.js";
import { si } from "../core/quantity.js";
import { absurd, fields, flopsByName, range, tellsSeconds } from "./speeds.js";

/** @import { Speed } from "./speeds.js" */

/** @param {number} speed */
const images = (speed) => (speed >= 1e4 ? exact(Math.round(speed)) : plain(speed));
/** @param {Speed} speed */
const one = ({ speed, net }) => [h("strong", {}, images(speed)), ` (${net})`];

/** Counts what was asked for: what is known of nets may arrive when other rows are there. */
let asked = 0;

/**
 * Puts into `place` what the rows of `text` come to. `onseconds` is offered where the times could be milliseconds.
 *
 * @param {Element} place
 * @param {{text: string, type: string, mode: string, onseconds: () => void}} what
 * @returns {Promise<Node | null>} the warning, where there is one
 */
export async function speedView(place, { text, type, mode, onseconds }) {
  asked += 1;
  const mine = asked;
  const rows = fields(text, type);
  const [nets, gpus] = await Promise.all([known("/v1/models"), known("/v1/gpus")]).then(([{ models }, { gpus }]) => [flopsByName(models), gpus]).catch(() => [new Map(), []]);
  if (mine !== asked) return null;
  const found = range(rows, nets, mode);
  if (!found) {
    fill(place);
    return null;
  }
  const { least, middle, most } = found;
  const said = h("p", { class: "speeds" }, "Images a second: ", one(least), " at least, ", one(middle), " in the middle, ", one(most), ` at most, of ${many(found.rows.length, "row")}.`);
  const wrong = absurd(found, gpus);
  if (!wrong) {
    fill(place, said);
    return null;
  }
  const pace = middle.work ? `, which is ${si(middle.work)} operations a second on each GPU` : "";
  const seconds = wrong === "slow" && tellsSeconds(rows);
  const warning = h("div", { class: "note", role: "alert" },
    h("p", {}, h("strong", {}, `No GPU is that ${wrong}. `), `${middle.net}, in the middle, would have ${images(middle.speed)} images a second${pace}.`),
    h("p", {}, seconds ? "Are the times milliseconds? Then they are to be divided by 1,000." : "Is the unit right, and the number of devices?"),
    seconds && h("p", {}, h("button", { type: "button", on: { click: onseconds } }, "They are milliseconds")));
  fill(place, said, warning);
  return warning;
}

// A net drawn by its stages: length is layers, height is channels, and the square above is a map.

import { svg } from "../core/dom.js";
import { many } from "../core/format.js";

/** @import { Stage } from "api" */
/** @typedef {{title: string, looks: string, stages: Stage[]}} Drawn */
/** @typedef {{x: number, length: number, taken: number, stage: Stage}} Slot */
/** @typedef {{side: (stage: Stage) => number, height: (stage: Stage) => number, each: number}} Scale `each`: the length of a layer */

const TALLEST = 76;
const LARGEST = 36;
const GAP = 6;
/** The head, where there are no maps any more: its width is the number of classes, which is no size of the net. */
const MARK = 8;
const LINE = 15;
/** From the top of a lane: its title, numbers and squares, stages, names. */
const SQUARES = 2 * LINE + LARGEST;
const MIDDLE = SQUARES + 4 + TALLEST / 2;
const LANE = MIDDLE + TALLEST / 2 + LINE + 10;

/** The least length that some letters of a drawing take. @param {string | number} words */
const room = (words) => 7 * String(words).length;

/** The maps of `stage`, in words. @param {Stage} stage */
export const maps = ({ resolution, positions }) => (resolution ? `${resolution} × ${resolution}` : many(positions, "position"));

/** @param {Stage} stage */
const pooled = ({ positions }) => positions === 1;

/** The name of a stage, short. @param {Stage} stage */
const short = ({ name }) => name.replace("stage ", "");

/** The drawing of `nets`, all in one scale, within `width`. @param {Drawn[]} nets @param {number} width */
export function picture(nets, width) {
  const all = nets.flatMap(({ stages }) => stages).filter((stage) => !pooled(stage));
  const [widest, largest] = [Math.max(1, ...all.map((stage) => stage.width)), Math.max(1, ...all.map(({ positions }) => positions))];
  const sizes = {
    side: (/** @type {Stage} */ stage) => (pooled(stage) ? 0 : Math.max(2, LARGEST * Math.sqrt(stage.positions / largest))),
    height: (/** @type {Stage} */ stage) => (pooled(stage) ? MARK : Math.max(2, TALLEST * (stage.width / widest))),
  };
  const scale = { ...sizes, each: Math.min(...nets.map(({ stages }) => longest(stages, width - 1, sizes.side))) };
  return svg("svg", { class: "net-figure", viewBox: `0 0 ${width} ${nets.length * LANE}`, "aria-hidden": "true" }, nets.map(({ title, looks, stages }, lane) =>
    svg("g", { class: looks, transform: `translate(0.5 ${lane * LANE})` },
      svg("text", { class: "title", y: LINE - 4 }, title),
      slots(stages, scale.each, scale.side).map((slot) => drawn(slot, scale)))));
}

/** Where the stages stand when a layer is `each` long. @param {Stage[]} stages @param {number} each @param {Scale["side"]} side @returns {Slot[]} */
function slots(stages, each, side) {
  let x = 0;
  return stages.map((stage) => {
    const length = pooled(stage) ? MARK : Math.max(3, each * stage.layers);
    const slot = { x, length, taken: Math.max(length, side(stage), stage.name === "head" ? room("head") : 0), stage };
    x += slot.taken + GAP;
    return slot;
  });
}

/** The length of a layer with which the stages just fit, at most 16. @param {Stage[]} stages @param {number} width @param {Scale["side"]} side */
function longest(stages, width, side) {
  let [low, high] = [0, 16];
  for (let step = 0; step < 30; step += 1) {
    const each = (low + high) / 2;
    const last = slots(stages, each, side).at(-1);
    if (last && last.x + last.taken > width) high = each;
    else low = each;
  }
  return low;
}

/** @param {Slot} slot @param {Scale} scale */
function drawn({ x, length, taken, stage }, { side, height, each }) {
  const tall = height(stage);
  const top = MIDDLE - tall / 2;
  const square = side(stage);
  /** @param {string | number} words */
  const fits = (words) => taken + GAP >= room(words);
  const layers = each >= 4 && !pooled(stage) ? Array.from({ length: stage.layers - 1 }, (_, at) => `M${(x + each * (at + 1)).toFixed(1)} ${top.toFixed(1)}v${tall.toFixed(1)}`).join("") : "";
  return svg("g", { "data-stage": stage.name },
    svg("title", {}, `${stage.name}: ${maps(stage)}, ${many(stage.width, "channel")}, ${many(stage.layers, "layer")}`),
    square > 0 && svg("rect", { class: "map", x: x.toFixed(1), y: (SQUARES - square).toFixed(1), width: square.toFixed(1), height: square.toFixed(1) }),
    square > 0 && stage.resolution && fits(stage.resolution) && svg("text", { x: x.toFixed(1), y: (SQUARES - square - 3).toFixed(1) }, stage.resolution),
    svg("rect", { class: "stage", x: x.toFixed(1), y: top.toFixed(1), width: length.toFixed(1), height: tall.toFixed(1) }),
    layers && svg("path", { class: "layers", d: layers }),
    fits(short(stage)) && svg("text", { x: x.toFixed(1), y: MIDDLE + TALLEST / 2 + LINE }, short(stage)));
}

// The net of an answer, stage by stage, as it is and scaled: drawn, and in numbers below.

import { Latest, post } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { exact, times } from "../core/format.js";
import { si } from "../core/quantity.js";
import { present } from "../core/request.js";
import { table } from "../parts/table.js";
import { maps, picture } from "./picture.js";

/** @import { ComplexityAnswer, PredictAnswer, Stage } from "api" */
/** @import { Child } from "../core/dom.js" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {{name: string, base: Stage | undefined, scaled: Stage | undefined, shown: Stage}} Row */
/** @typedef {Pick<PredictAnswer, "base" | "scaled">} Counted */

/** A section that shows the net of an answer. Until it can show the next one, it keeps the last, so that nothing jumps. */
export class Drawing {
  #latest = new Latest();
  /** @type {(width: number) => void} */
  #draw = () => {};
  #image = h("div", { class: "image" });
  element = h("section", { "aria-label": "The net, stage by stage" });

  constructor() {
    new ResizeObserver(() => this.#draw(this.#image.clientWidth)).observe(this.#image);
  }

  /**
   * The section, which shows the net of `answer`, scaled by `way`, as soon as its stages have come. Of a net that is known by its
   * costs alone there is none.
   *
   * @param {Counted} answer
   * @param {object | null} way
   */
  of({ base, scaled }, way) {
    this.#show(base.model && present({ model: base.model, scaling: scaled ? way : undefined, stages: true }));
    return this.element;
  }

  /** @param {object | null | undefined} body */
  async #show(body) {
    this.element.setAttribute("aria-busy", "true");
    try {
      /** @type {ComplexityAnswer | null | undefined} */
      const answer = await this.#latest.run(async (signal) => (body ? post("/v1/complexity", body, signal) : null));
      if (answer === undefined) return;
      if (answer) this.#fill(answer);
      else fill(this.element);
    } catch {
      // The prediction stands without it.
      fill(this.element);
    }
    this.element.removeAttribute("aria-busy");
  }

  /** @param {ComplexityAnswer} answer */
  #fill({ base, scaled }) {
    const nets = [{ title: "As it is", looks: "base", stages: base.stages ?? [] }];
    if (scaled) nets.push({ title: "Scaled", looks: "scaled", stages: scaled.stages ?? [] });
    this.#draw = (width) => { if (width) fill(this.#image, picture(nets, width)); };
    const rows = paired(base.stages ?? [], scaled?.stages);
    fill(this.element, h("h2", {}, "Stage by stage"), scaled && base.model && h("p", {}, grown(rows, scaled.model.resolution / base.model.resolution)),
      h("figure", { class: "figure" }, h("figcaption", { class: "small quiet" }, `Length is layers, height is channels, the square above a map with its side${scaled ? ", all in one scale" : ""}.`), this.#image),
      numbers(rows));
    this.#draw(this.#image.clientWidth);
  }
}

/** The stages of both nets by their names. @param {Stage[]} base @param {Stage[] | null | undefined} scaled @returns {Row[]} */
function paired(base, scaled) {
  if (!scaled) return base.map((stage) => ({ name: stage.name, base: undefined, scaled: undefined, shown: stage }));
  const before = new Map(base.map((stage) => [stage.name, stage]));
  return scaled.map((stage) => ({ name: stage.name, base: before.get(stage.name), scaled: stage, shown: stage }));
}

/** What grew, in one sentence. @param {Row[]} rows @param {number} side by how much the images did */
function grown(rows, side) {
  /** @param {(row: Row) => Stage | undefined} of */
  const layers = (of) => rows.reduce((sum, row) => sum + (of(row)?.layers ?? 0), 0);
  const widths = rows.map(({ base, scaled }) => (base && scaled ? scaled.width / base.width : 1));
  const wider = widths.reduce((most, ratio) => (Math.abs(Math.log(ratio)) > Math.abs(Math.log(most)) ? ratio : most), 1);
  /** @type {[number, string][]} */
  const parts = [[layers(({ scaled }) => scaled) / layers(({ base }) => base), "the layers"], [wider, "the channels where they changed most"], [side, "the side of its images"]];
  const changed = parts.map(([ratio, words]) => [times(ratio), words]).filter(([ratio]) => ratio !== times(1)).map((part) => part.join(" "));
  return changed.length > 0 ? `The scaled net has ${changed.join(", ")}.` : "The scaled net is the net as it is.";
}

/** @param {Row[]} rows */
function numbers(rows) {
  /** @param {(stage: Stage) => Child} words @param {(stage: Stage) => number} size */
  const cell = (words, size) => (/** @type {Row} */ { base, shown }) => [words(shown), base && size(base) !== size(shown) && h("span", { class: "sub" }, size(base) > 0 && `${times(size(shown) / size(base))} `, words(base))];
  /** @type {Column<Row>[]} */
  const columns = [
    { title: "Stage", head: true, cell: ({ name }) => name },
    { title: "Maps", number: true, cell: (row) => [maps(row.shown), row.base && maps(row.base) !== maps(row.shown) && h("span", { class: "sub" }, `from ${maps(row.base)}`)] },
    { title: "Channels", number: true, cell: cell(({ width }) => exact(width), ({ width }) => width) },
    { title: "Layers", number: true, cell: cell(({ layers }) => exact(layers), ({ layers }) => layers) },
    { title: "Flops", number: true, cell: cell(({ flops }) => si(flops), ({ flops }) => flops) },
    { title: "Params", number: true, cell: cell(({ params }) => si(params), ({ params }) => params) },
    { title: "Acts", number: true, cell: cell(({ acts }) => si(acts), ({ acts }) => acts) },
  ];
  return [table({ caption: "The net by its stages", hidden: true, columns, rows }),
    h("p", { class: "small quiet" }, "Channels are those that a stage hands on, layers its convolutions, linear layers and attentions.", rows.some(({ base }) => base) && " Below what grew stands how many times what it was.")];
}

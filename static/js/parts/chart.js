// A chart: drawn by the server, read here by pointer, touch or arrow keys, as a table, and as a file.

import { asOf, Latest, query, text } from "../core/api.js";
import { records } from "../core/csv.js";
import { debounced, fill, h } from "../core/dom.js";
import { plain } from "../core/format.js";
import { isPrivate } from "../core/token.js";
import { turn } from "../core/turn.js";
import { download } from "./download.js";
import { legend } from "./legend.js";
import { readout } from "./points.js";
import { problem } from "./problem.js";
import { table } from "./table.js";

/** @import { Param } from "../core/api.js" */
/** @import { Open } from "./points.js" */
/** @typedef {Record<string, Param>} ChartParams */

// The one place where text becomes a document: an image by our own server, without script or style. It is parsed as HTML, which
// takes a third of the time that XML does.
/** @type {{createHTML(text: string): string} | undefined} */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("charts", { createHTML: (/** @type {string} */ text) => text });
const FORBIDDEN = "script, style, foreignObject, iframe, image, use, animate, set, a";

/** @param {string} source */
function parsed(source) {
  const drawing = new DOMParser().parseFromString(policy ? policy.createHTML(source) : source, "text/html").querySelector("svg");
  if (!drawing) throw new Error("the chart is no SVG");
  for (const element of drawing.querySelectorAll(FORBIDDEN)) element.remove();
  for (const element of [drawing, ...drawing.querySelectorAll("*")]) {
    if (element.namespaceURI !== drawing.namespaceURI) element.remove();
    for (const name of element.getAttributeNames()) if (name === "style" || name.startsWith("on") || name.endsWith("href")) element.removeAttribute(name);
  }
  return document.importNode(drawing, true);
}

const ROWS = 200;
/** Units that names of columns end with. @type {[RegExp, string][]} */
const UNITS = [[/_seconds$/, "s"], [/_ms$/, "ms"], [/_bytes$/, "bytes"], [/_percent$/, "%"], [/^giga_/, "G"], [/^million_/, "M"]];

/** The title and the unit of a column of a CSV. @param {string} name */
function headed(name) {
  const [pattern, unit] = UNITS.find(([pattern]) => pattern.test(name)) ?? [/^$/, undefined];
  return { title: name.replace(pattern, "").replaceAll("_", " "), unit };
}

/** A figure that shows the chart at a path, such as `/v1/charts/fit`, with parameters; `onpoint` hears of a chosen one. */
export class Chart {
  #latest = new Latest();
  #width = 0;
  #path;
  /** @type {ChartParams} */
  #params = {};
  #onpoint;
  /** Names of the series that the reader has hidden. @type {Set<string>} */
  #hidden = new Set();
  sentence = h("figcaption", {});
  image = h("div", { class: "image" });
  tip = h("p", { class: "tip", "aria-hidden": "true", hidden: true });
  keys = h("div", { class: "keys", role: "group", "aria-label": "Shown in the chart" });
  said = h("p", { class: "readout", role: "status" });
  tools = h("div", { class: "tools" });
  rows = h("div", { hidden: true });
  element = h("figure", { class: "figure" }, this.sentence, this.image, this.keys, this.said, this.tools, this.rows);

  /** @param {string} path @param {Open} [onpoint] */
  constructor(path, onpoint) {
    this.#path = path;
    this.#onpoint = onpoint;
    new ResizeObserver(debounced(() => this.#resized(), 250)).observe(this.element);
  }

  /** Draws the chart with `params`; without, it is not there. @param {ChartParams | null | undefined} params */
  shown(params) {
    this.element.hidden = !params;
    return params ? this.show(params) : undefined;
  }

  /** Draws the chart with `params`. @param {ChartParams} params */
  async show(params) {
    this.#params = params;
    this.#width = Math.round(this.element.clientWidth);
    if (!this.#width) return;
    this.image.setAttribute("aria-busy", "true");
    const width = Math.max(280, Math.min(this.#width, 960));
    const height = Math.round(Math.max(340, Math.min(width * 0.62, 440)));
    try {
      const source = await this.#latest.run(async (signal) => {
        const answer = await text(query(`${this.#path}.svg`, { ...params, inline: true, width, height, as_of: asOf() }), signal);
        await turn();
        return answer;
      });
      if (source) this.#draw(parsed(source));
    } catch (error) {
      fill(this.image, problem(error));
      fill(this.sentence);
      fill(this.keys);
      fill(this.said);
      fill(this.tools);
    }
    this.image.removeAttribute("aria-busy");
  }

  /** @param {SVGSVGElement} drawing */
  #draw(drawing) {
    fill(this.sentence, drawing.querySelector("desc")?.textContent ?? "");
    this.tip.hidden = true;
    fill(this.image, h("div", {}, drawing), this.tip);
    fill(this.said, readout(drawing, { place: this.said, tip: this.tip, onpoint: this.#onpoint }));
    legend(this.keys, drawing, this.#hidden);
    this.rows.hidden = true;
    const csv = query(`${this.#path}.csv`, this.#params);
    const image = query(`${this.#path}.svg`, this.#params);
    const button = h("button", { type: "button", class: "plain", "aria-expanded": "false", on: { click: () => this.#toggle(button, csv) } }, "View as table");
    // An address that takes a token is no use to others.
    fill(this.tools, button, download(image, "chart.svg", "SVG"), download(csv, "chart.csv", "CSV"), !isPrivate() && h("a", { href: image }, "Image by its address"));
  }

  /** @param {HTMLElement} button @param {string} path */
  async #toggle(button, path) {
    const open = this.rows.hidden;
    this.rows.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Hide the table" : "View as table";
    if (!open) return;
    try {
      const [head, ...rows] = records(await text(path));
      const shown = rows.slice(0, ROWS);
      const isNumber = head.cells.map((_, i) => shown.some(({ cells }) => cells[i]) && shown.every(({ cells }) => !cells[i] || Number.isFinite(Number(cells[i]))));
      const columns = head.cells.map((name, i) => ({ ...headed(name), number: isNumber[i], head: i === 0, cell: (/** @type {{cells: string[]}} */ { cells }) => (isNumber[i] && cells[i] ? plain(Number(cells[i])) : cells[i]) }));
      fill(this.rows, table({ caption: "The chart as a table", columns, rows: shown }),
        rows.length > ROWS && h("p", { class: "small quiet" }, `The first ${ROWS} of ${rows.length} rows; the CSV has all.`));
    } catch (error) {
      fill(this.rows, problem(error));
    }
  }

  #resized() {
    const width = Math.round(this.element.clientWidth);
    if (Object.keys(this.#params).length && width && Math.abs(width - this.#width) > 20) this.show(this.#params);
  }
}

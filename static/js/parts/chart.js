// A chart: drawn by the server, read here by pointer, touch or arrow keys, as a table, and as a file.

import { Latest, query, text } from "../core/api.js";
import { records } from "../core/csv.js";
import { $, debounced, fill, h } from "../core/dom.js";
import { readout } from "./points.js";
import { problem } from "./problem.js";
import { table } from "./table.js";

// The one place where text becomes a document: an image by our own server, parsed as XML, without script or style.
const policy = globalThis.trustedTypes?.createPolicy("charts", { createHTML: (text) => text });
const FORBIDDEN = "script, style, foreignObject, iframe, image, use, animate, set, a";

function parsed(source) {
  const document = new DOMParser().parseFromString(policy ? policy.createHTML(source) : source, "image/svg+xml");
  const root = document.documentElement;
  if (root.localName !== "svg") throw new Error("the chart is no SVG");
  for (const element of root.querySelectorAll(FORBIDDEN)) element.remove();
  for (const element of [root, ...root.querySelectorAll("*")]) {
    for (const { name } of [...element.attributes]) if (name === "style" || name.startsWith("on") || name.endsWith("href")) element.removeAttribute(name);
  }
  return window.document.importNode(root, true);
}

const ROWS = 200;

/** A figure that shows the chart at a path, such as `/v1/charts/fit`, with parameters; `onpoint` hears of a chosen one. */
export class Chart {
  #latest = new Latest();
  #width = 0;
  #path;
  #params;
  #onpoint;

  constructor(path, onpoint) {
    this.#path = path;
    this.#onpoint = onpoint;
    this.sentence = h("figcaption", {});
    this.image = h("div", { class: "image" });
    this.said = h("p", { class: "readout", role: "status" });
    this.tools = h("div", { class: "tools" });
    this.rows = h("div", { hidden: true });
    this.element = h("figure", { class: "figure" }, this.sentence, this.image, this.said, this.tools, this.rows);
    new ResizeObserver(debounced(() => this.#resized(), 250)).observe(this.element);
  }

  /** Draws the chart with `params`; without, it is not there. */
  shown(params) {
    this.element.hidden = !params;
    return params && this.show(params);
  }

  /** Draws the chart with `params`. */
  async show(params) {
    this.#params = params;
    this.#width = Math.round(this.element.clientWidth);
    if (!this.#width) return;
    this.image.setAttribute("aria-busy", "true");
    const width = Math.max(280, Math.min(this.#width, 960));
    const height = Math.round(Math.max(340, Math.min(width * 0.62, 440)));
    try {
      const source = await this.#latest.run((signal) => text(query(`${this.#path}.svg`, { ...params, inline: true, width, height }), signal));
      if (source) this.#draw(parsed(source));
    } catch (error) {
      fill(this.image, problem(error));
      fill(this.sentence);
      fill(this.said);
      fill(this.tools);
    }
    this.image.removeAttribute("aria-busy");
  }

  #draw(svg) {
    fill(this.sentence, $("desc", svg)?.textContent ?? "");
    fill(this.image, svg);
    fill(this.said, readout(svg, this.said, this.#onpoint));
    this.rows.hidden = true;
    const csv = query(`${this.#path}.csv`, this.#params);
    const image = query(`${this.#path}.svg`, this.#params);
    const button = h("button", { type: "button", class: "plain", "aria-expanded": "false", on: { click: () => this.#toggle(button, csv) } }, "View as table");
    fill(this.tools, button, h("a", { href: image, download: "chart.svg" }, "SVG"), h("a", { href: csv, download: "chart.csv" }, "CSV"),
      h("a", { href: image }, "Image by its address"));
  }

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
      const columns = head.cells.map((name, i) => ({ title: name.replaceAll("_", " "), number: isNumber[i], head: i === 0, cell: ({ cells }) => cells[i] }));
      fill(this.rows, table({ caption: "The chart as a table", columns, rows: shown }),
        rows.length > ROWS && h("p", { class: "small quiet" }, `The first ${ROWS} of ${rows.length} rows; the CSV has all.`));
    } catch (error) {
      fill(this.rows, problem(error));
    }
  }

  #resized() {
    const width = Math.round(this.element.clientWidth);
    if (this.#params && width && Math.abs(width - this.#width) > 20) this.show(this.#params);
  }
}

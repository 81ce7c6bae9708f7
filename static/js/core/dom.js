// Elements, made from parts. Text becomes text nodes, so that no name from an upload is ever markup.

import { at } from "./place.js";

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */
/** @typedef {{[Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void}} Listeners */
/** @typedef {string | number | boolean | null | undefined} Attribute */

const PROPERTIES = ["value", "checked", "selected", "disabled"];

/**
 * An element `tag` with `attributes` and `children`: texts, nodes, lists of them; null and false are left out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {{on?: Listeners, [name: string]: Attribute | Listeners}} attributes
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const { on = {}, ...others } = attributes;
  const element = document.createElement(tag);
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, /** @type {EventListener} */ (listener));
  for (const [name, value] of Object.entries(others)) {
    if (value === null || value === undefined || value === false) continue;
    if (PROPERTIES.includes(name)) Object.assign(element, { [name]: value });
    else if (name === "href") element.setAttribute(name, at(String(value)));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

/**
 * An SVG element.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 * @param {Child[]} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...nodes(children));
  return element;
}

/** @param {Child[]} children @returns {(Node | string)[]} */
function nodes(children) {
  return children.flatMap((child) => {
    if (Array.isArray(child)) return nodes(child);
    if (child === null || child === undefined || child === false) return [];
    return [typeof child === "number" ? String(child) : child];
  });
}

/**
 * The element of this page that `selector` names.
 *
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function $(selector) {
  const element = document.querySelector(selector);
  if (element instanceof HTMLElement) return element;
  throw new Error(`this page has no ${selector}`);
}

/**
 * Puts `children` in the place of what `element` holds.
 *
 * @param {Element} element
 * @param {Child[]} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

let last = 0;

/** An id that no other element has. */
export function uid(stem = "e") {
  last += 1;
  return `${stem}-${last}`;
}

/**
 * A field: a label, the control, and a hint below.
 *
 * @param {Child} label
 * @param {HTMLElement} control
 * @param {Child} [hint]
 */
export function field(label, control, hint) {
  control.id ||= uid("field");
  const described = hint ? h("span", { class: "hint", id: `${control.id}-hint` }, hint) : null;
  if (described) control.setAttribute("aria-describedby", described.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, described);
}

/**
 * A select with `options` of [value, text].
 *
 * @param {[string, string][]} options
 * @param {string} value
 * @param {{on?: Listeners, [name: string]: Attribute | Listeners}} attributes
 */
export function select(options, value, attributes = {}) {
  const element = h("select", attributes, options.map(([value, text]) => h("option", { value }, text)));
  element.value = value;
  return element;
}

/**
 * Radio buttons named `name` with `options` of [value, text], in a fieldset.
 *
 * @param {string} legend
 * @param {string} name
 * @param {[string, string][]} options
 * @param {string | undefined} value
 * @param {(choice: string) => void} onchange
 */
export function radios(legend, name, options, value, onchange) {
  return h("fieldset", {}, h("legend", {}, legend), h("div", { class: "choices" }, options.map(([choice, text]) =>
    h("label", {}, h("input", {
      type: "radio", name, value: choice, checked: choice === value, on: { change: () => onchange(choice) },
    }), text))));
}

/**
 * Checks the button of `value` among `radios`.
 *
 * @param {Element} radios
 * @param {string | undefined} value
 */
export function pick(radios, value) {
  for (const radio of radios.querySelectorAll("input")) radio.checked = radio.value === value;
}

/**
 * `action`, once calls have paused for `milliseconds`.
 *
 * @template {unknown[]} Args
 * @param {(...args: Args) => void} action
 * @returns {(...args: Args) => void}
 */
export function debounced(action, milliseconds = 200) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), milliseconds);
  };
}

// Elements, made from parts. Text becomes text nodes, so that no name from an upload is ever markup.

import { at } from "./place.js";

/** An element `tag` with `attributes` and `children`: texts, nodes, lists of them; null and false are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "value" || name === "checked" || name === "selected" || name === "disabled") {
      element[name] = value;
    } else if (name === "href") {
      element.setAttribute(name, at(value));
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...nodes(children));
  return element;
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

export const $ = (selector, root = document) => root.querySelector(selector);

/** Puts `children` in the place of what `element` holds. */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

let last = 0;

/** An id that no other element has. */
export function uid(stem = "e") {
  last += 1;
  return `${stem}-${last}`;
}

/** A field: a label, the control, and a hint below. */
export function field(label, control, hint) {
  control.id ||= uid("field");
  const described = hint ? h("span", { class: "hint", id: `${control.id}-hint` }, hint) : null;
  if (described) control.setAttribute("aria-describedby", described.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, described);
}

/** A select with `options` of [value, text]. */
export function select(options, value, attributes = {}) {
  const element = h("select", attributes, options.map(([value, text]) => h("option", { value }, text)));
  element.value = value;
  return element;
}

/** Radio buttons named `name` with `options` of [value, text], in a fieldset. */
export function radios(legend, name, options, value, onchange) {
  return h("fieldset", {}, h("legend", {}, legend), h("div", { class: "choices" }, options.map(([choice, text]) =>
    h("label", {}, h("input", {
      type: "radio", name, value: choice, checked: choice === value, on: { change: () => onchange(choice) },
    }), text))));
}

/** `action`, once calls have paused for `milliseconds`. */
export function debounced(action, milliseconds = 200) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), milliseconds);
  };
}

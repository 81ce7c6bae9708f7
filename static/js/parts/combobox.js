// A field with completion: the combobox of the ARIA authoring practices.

import { fill, h, uid } from "../core/dom.js";

/** @import { Child } from "../core/dom.js" */
/** @typedef {{value: string, words: string[], text: Child, note: Child}} Option */

const SHOWN = 40;

/** @param {string} text */
const bare = (text) => text.toLowerCase().replaceAll(/[^a-z0-9.]/g, "");

/**
 * Options of which a word has `typed` in it; those that begin with it first.
 *
 * @param {Option[]} options
 * @param {string} typed
 */
function matching(options, typed) {
  const wanted = bare(typed);
  /** @param {Option} option */
  const rank = ({ words }) => {
    const bared = words.map(bare);
    if (bared.includes(wanted)) return 0;
    if (bared.some((word) => word.startsWith(wanted))) return 1;
    return bared.some((word) => word.includes(wanted)) ? 2 : 3;
  };
  return options.map((option) => ({ rank: rank(option), option })).filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank).map(({ option }) => option);
}

/**
 * @typedef {object} Asked
 * @property {string} label what the options are, such as Nets
 * @property {string} [value]
 * @property {string} [placeholder]
 * @property {() => Promise<Option[]>} options
 * @property {(value: string) => void} onchoose hears a value that was chosen, or confirmed by Enter or by leaving
 * @property {boolean} [free] whether a text that is no option may be confirmed
 */

/** A combobox. */
export class Combobox {
  /** @type {Option[]} */
  #options = [];
  #active = -1;
  #asked;
  #confirmed;
  #input;
  #list;
  #status;

  /** @param {Asked} asked */
  constructor(asked) {
    this.#asked = asked;
    this.#confirmed = asked.value ?? "";
    const list = uid("options");
    this.#input = h("input", {
      id: uid("combobox"), type: "text", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list,
      autocomplete: "off", autocapitalize: "off", spellcheck: "false", value: asked.value ?? "", placeholder: asked.placeholder,
      on: {
        input: () => this.#open(), keydown: (event) => this.#key(event), blur: () => this.#leave(),
        focus: () => this.#input.select(), click: () => this.#open(),
      },
    });
    this.#list = h("ul", { id: list, role: "listbox", "aria-label": asked.label, hidden: true });
    this.#status = h("span", { class: "visually-hidden", role: "status" });
    this.element = h("div", { class: "combobox" }, this.#input, this.#list, this.#status);
  }

  get id() { return this.#input.id; }
  get value() { return this.#input.value.trim(); }
  set value(text) {
    if (document.activeElement === this.#input) return;
    this.#input.value = text;
    this.#confirmed = text;
  }

  async #open() {
    let all;
    try {
      all = await this.#asked.options();
    } catch {
      return;
    }
    // A field that was only clicked shows everything: what stands in it is what was chosen before.
    const typed = this.value === this.#confirmed ? "" : this.value;
    const found = matching(all, typed);
    this.#options = found.slice(0, SHOWN);
    this.#active = -1;
    fill(this.#list, this.#options.map((option, index) => h("li", {
      id: `${this.#list.id}-${index}`, role: "option", "aria-selected": "false",
      on: { mousedown: (event) => event.preventDefault(), click: () => this.#choose(index) },
    }, h("span", { class: "name" }, option.text), h("span", { class: "about" }, option.note))));
    this.#show(this.#options.length > 0);
    this.#status.textContent = found.length ? `${found.length} to choose from` : "nothing is called like this";
  }

  /** @param {boolean} open */
  #show(open) {
    this.#list.hidden = !open;
    this.#input.setAttribute("aria-expanded", String(open));
    if (!open) this.#input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  async #key(event) {
    const open = !this.#list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) await this.#open();
      this.#move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (open && this.#active >= 0) this.#choose(this.#active);
      else if (open && !this.#asked.free && this.#options.length) this.#choose(0);
      else this.#confirm();
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      this.#show(false);
    }
  }

  /** @param {number} step */
  #move(step) {
    const count = this.#options.length;
    if (!count) return;
    this.#active = (this.#active + step + (this.#active < 0 && step < 0 ? 1 : 0) + count) % count;
    [...this.#list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === this.#active)));
    const item = this.#list.children[this.#active];
    this.#input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  #choose(index) {
    this.#input.value = this.#options[index].value;
    this.#confirm();
  }

  #confirm() {
    this.#show(false);
    if (!this.value) return;
    this.#confirmed = this.value;
    this.#asked.onchoose(this.value);
    if (!this.#asked.free) this.#input.value = this.#confirmed = "";
  }

  /** Leaving a field confirms what was typed, as with any other field. */
  #leave() {
    this.#show(false);
    if (this.#asked.free && this.value && this.value !== this.#confirmed) this.#confirm();
  }
}

// A field for the name of a net, with completion: the combobox of the ARIA authoring practices.

import { h, fill, uid } from "../core/dom.js";
import { known } from "../core/api.js";
import { si } from "../core/format.js";

const SHOWN = 40;

const bare = (text) => text.toLowerCase().replaceAll(/[^a-z0-9.]/g, "");

/** Nets whose name or alias has `typed` in it; those that begin with it first. */
function matching(models, typed) {
  const wanted = bare(typed);
  const rank = (model) => {
    const names = [model.name, ...model.aliases].map(bare);
    if (names.includes(wanted)) return 0;
    if (names.some((name) => name.startsWith(wanted))) return 1;
    return names.some((name) => name.includes(wanted)) ? 2 : 3;
  };
  return models.map((model) => [rank(model), model]).filter(([rank]) => rank < 3)
    .sort((a, b) => a[0] - b[0]).map(([, model]) => model);
}

/** A combobox; `onchoose` hears a name that was chosen or confirmed by Enter. */
export class NetField {
  #input;
  #list;
  #status;
  #options = [];
  #active = -1;
  #onchoose;

  constructor(value, onchoose) {
    this.#onchoose = onchoose;
    const list = uid("nets");
    this.#input = h("input", {
      id: uid("net"), type: "text", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list,
      autocomplete: "off", autocapitalize: "off", spellcheck: "false", value, placeholder: "ResNet-50",
      on: {
        input: () => this.#open(), keydown: (event) => this.#key(event), blur: () => this.#leave(),
        focus: () => this.#input.select(),
      },
    });
    this.#list = h("ul", { id: list, role: "listbox", "aria-label": "Nets", hidden: true });
    this.#status = h("span", { class: "visually-hidden", role: "status" });
    this.element = h("div", { class: "combobox" }, this.#input, this.#list, this.#status);
  }

  get id() { return this.#input.id; }
  get value() { return this.#input.value.trim(); }
  set value(text) { if (document.activeElement !== this.#input) this.#input.value = text; }
  set invalid(wrong) { this.#input.setAttribute("aria-invalid", String(wrong)); }
  focus() { this.#input.focus(); }

  async #open() {
    let all;
    try {
      all = (await known("/v1/models")).models;
    } catch {
      return;
    }
    const found = matching(all, this.value);
    this.#options = found.slice(0, SHOWN);
    this.#active = -1;
    fill(this.#list, this.#options.map((model, index) => h("li", {
      id: `${this.#list.id}-${index}`, role: "option", "aria-selected": "false",
      on: { mousedown: (event) => event.preventDefault(), click: () => this.#choose(index) },
    }, model.name, h("span", {}, `${model.family}, ${si(model.resolutions[0].complexity.flops)} flops`))));
    this.#show(this.#options.length > 0);
    this.#status.textContent = found.length ? `${found.length} nets` : "no net is called like this";
  }

  #show(open) {
    this.#list.hidden = !open;
    this.#input.setAttribute("aria-expanded", String(open));
    if (!open) this.#input.removeAttribute("aria-activedescendant");
  }

  async #key(event) {
    const open = !this.#list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) await this.#open();
      this.#move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (open && this.#active >= 0) this.#choose(this.#active);
      else this.#confirm();
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      this.#show(false);
    }
  }

  #move(step) {
    const count = this.#options.length;
    if (!count) return;
    this.#active = (this.#active + step + (this.#active < 0 && step < 0 ? 1 : 0) + count) % count;
    [...this.#list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === this.#active)));
    const item = this.#list.children[this.#active];
    this.#input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  #choose(index) {
    this.#input.value = this.#options[index].name;
    this.#confirm();
  }

  #confirm() {
    this.#show(false);
    if (this.value) this.#onchoose(this.value);
  }

  #leave() {
    if (!this.#list.hidden) this.#show(false);
  }
}

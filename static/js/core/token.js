// The token: kept by this tab alone, gone when it is closed. It is sent with writes and nowhere else.

import { field, h } from "./dom.js";

const KEY = "epochcast-token";

/** The field for the token. */
export class TokenField {
  #input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", value: sessionStorage.getItem(KEY) ?? "", on: { input: () => this.#keep() } });

  constructor() {
    this.element = field("Token", this.#input, [
      "Stays in this tab. ", h("code", {}, "epochcast token create --name me --scope write"), " makes one, on the machine of the service.",
    ]);
  }

  get value() { return this.#input.value.trim(); }
  focus() { this.#input.focus(); }
  set invalid(wrong) { this.#input.setAttribute("aria-invalid", String(wrong)); }

  #keep() {
    if (this.value) sessionStorage.setItem(KEY, this.value);
    else sessionStorage.removeItem(KEY);
  }
}

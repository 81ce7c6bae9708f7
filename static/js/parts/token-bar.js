// The bar that asks for a token, where a service does not answer without one.

import { fill, h } from "../core/dom.js";
import { keep } from "../core/token.js";

/**
 * Shows the bar until a token was given; `wrong` says that there was one, and that it does not hold.
 *
 * @param {boolean} wrong
 * @returns {Promise<void>}
 */
export function ask(wrong) {
  return new Promise((given) => {
    const input = h("input", { id: "token-asked", type: "password", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": "token-why" });
    const form = h("form", { class: "token-bar", "aria-label": "Token", autocomplete: "off", on: { submit: (event) => {
      event.preventDefault();
      keep(input.value);
      form.remove();
      given();
    } } },
    h("p", { id: "token-why" }, wrong ? "This token is unknown, revoked or expired. " : "This service answers only with a token. ",
      "It stays in this tab. Whoever runs the service makes one with ", h("code", {}, "epochcast token create --name you --scope read"), "."),
    h("label", { for: input.id }, "Token"), input, h("button", { class: "primary" }, "Use it"));
    const place = document.querySelector("#token") ?? document.body.insertBefore(h("div", { id: "token" }), document.querySelector("main"));
    fill(place, form);
    input.focus();
  });
}

// The field for the token, where one is needed to write.

import { field, h } from "../core/dom.js";
import { follow, keep, token } from "../core/token.js";

/** The field; what is typed is the token of this tab. */
export function tokenField() {
  const said = h("span", { role: "status" });
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", value: token(), on: { input: () => { keep(input.value); tell(""); } } });
  const element = field("Token", input, [
    "Stays in this tab. ", h("code", {}, "epochcast token create --name me --scope write"), " makes one, on the machine of the service. ", said,
  ]);
  follow(() => { if (document.activeElement !== input) input.value = token(); });
  /** Says what is wrong with it; nothing where `wrong` is empty. @param {string} wrong */
  const tell = (wrong) => {
    input.setAttribute("aria-invalid", String(wrong !== ""));
    said.textContent = wrong;
  };
  /** Whether there is one; asks for it where there is none. */
  const held = () => {
    tell(token() ? "" : "A token is needed: paste it here.");
    if (!token()) input.focus();
    return token() !== "";
  };
  return { element, held, tell };
}

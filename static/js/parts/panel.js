// What a view says and shows, of the last thing that it was asked.

import { Latest } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { problem } from "./problem.js";

/** @import { Child } from "../core/dom.js" */

/** A sentence, which is read out when it changes, and what stands below it. */
export class Panel {
  #latest = new Latest();
  said = h("div", { role: "status" });
  found = h("div", {});

  /**
   * Shows what `work(signal)` makes, a {said, found}, or what went wrong, which `onproblem` hears of.
   *
   * @param {(signal: AbortSignal) => Promise<{said?: Child, found?: Child}>} work
   * @param {(error: unknown) => void} [onproblem]
   */
  async show(work, onproblem) {
    this.found.setAttribute("aria-busy", "true");
    try {
      const made = await this.#latest.run(work);
      if (!made) return;
      fill(this.said, made.said);
      fill(this.found, made.found);
    } catch (error) {
      fill(this.said);
      fill(this.found, problem(error));
      onproblem?.(error);
    }
    this.found.removeAttribute("aria-busy");
  }
}

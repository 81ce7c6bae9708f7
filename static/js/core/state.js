// What a page shows is in its URL, in words: copied, it gives the same picture, and Back goes back.

/** @typedef {Record<string, string | undefined>} Params */
/** @typedef {Record<string, string | number | null | undefined>} Changes */

/** The state of a page: the parameters of its URL, with defaults that the URL does not carry. */
export class State {
  /** @type {Params} */
  #defaults;
  /** @type {((state: Params) => void)[]} */
  #listeners = [];

  /** @param {Params} defaults */
  constructor(defaults) {
    this.#defaults = { ...defaults };
    addEventListener("popstate", () => this.#tell());
  }

  /**
   * Sets a default that becomes known later.
   *
   * @param {string} name
   * @param {string} value
   */
  default(name, value) {
    this.#defaults[name] = value;
  }

  /** All parameters, those that are not in the URL by their default. @returns {Params} */
  get() {
    return { ...this.#defaults, ...Object.fromEntries(new URLSearchParams(location.search)) };
  }

  /**
   * The address of this page with `changes`; null takes a parameter out.
   *
   * @param {Changes} changes
   */
  url(changes) {
    const search = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "" || String(value) === String(this.#defaults[name] ?? "")) search.delete(name);
      else search.set(name, String(value));
    }
    const text = search.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    return text ? `?${text}` : location.pathname;
  }

  /**
   * Changes parameters, as `url` does. With `quietly` the step is not one that Back goes back to.
   *
   * @param {Changes} changes
   */
  set(changes, { quietly = false } = {}) {
    const url = this.url(changes);
    if (url !== (location.search || location.pathname)) {
      if (quietly) history.replaceState(null, "", url);
      else history.pushState(null, "", url);
    }
    this.#tell();
  }

  /**
   * Calls `listener` with the state now, and after each change.
   *
   * @param {(state: Params) => void} listener
   */
  watch(listener) {
    this.#listeners.push(listener);
    listener(this.get());
  }

  #tell() {
    const state = this.get();
    for (const listener of this.#listeners) listener(state);
  }
}

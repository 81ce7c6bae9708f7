// The token that all pages share: kept by this tab alone, gone when it is closed, sent to nobody but this service.

const KEY = "epochcast-token";
/** Says that this service has refused to be read without a token. */
const PRIVATE = "epochcast-private";

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Promise<void> | null} */
let asked = null;

/** The token, empty where there is none. */
export const token = () => sessionStorage.getItem(KEY) ?? "";

/** The header that carries the token, where there is one. @returns {Record<string, string>} */
export const bearer = () => (token() ? { Authorization: `Bearer ${token()}` } : {});

/** Whether reading takes a token here, as far as is known. */
export const isPrivate = () => sessionStorage.getItem(PRIVATE) !== null;

/**
 * Keeps `text` as the token.
 *
 * @param {string} text
 */
export function keep(text) {
  if (text.trim()) sessionStorage.setItem(KEY, text.trim());
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

/**
 * Calls `listener` after each change of the token.
 *
 * @param {() => void} listener
 */
export function follow(listener) {
  listeners.add(listener);
}

/**
 * Waits until the reader has given another token than `refused`; has the bar `ask` for it, once for all who wait.
 *
 * @param {string} refused
 * @param {(wrong: boolean) => Promise<void>} ask
 */
export async function another(refused, ask) {
  sessionStorage.setItem(PRIVATE, "");
  if (token() !== refused) return;
  asked ??= ask(refused !== "").finally(() => { asked = null; });
  await asked;
}

// Calls of /v1. A refusal becomes a Problem with the server's words and the id of the request.

import { ask } from "../parts/token-bar.js";
import { $ } from "./dom.js";
import { at } from "./place.js";
import { another, bearer, token } from "./token.js";

/** @import { FieldError } from "api" */
/** @typedef {{status?: number, detail: string, request_id?: string | null, errors?: FieldError[] | null}} Refusal */

/** Why a call was not answered as it was meant. */
export class Problem extends Error {
  /** @param {Refusal} refusal */
  constructor({ status = 0, detail, request_id: requestId = null, errors }) {
    super(detail);
    this.status = status;
    this.requestId = requestId;
    this.errors = errors ?? [];
  }
}

const unanswered = () => new Problem({ detail: "The service does not answer. Is it still running, and are you connected to it?" });

// Calls under way: as many as an idle server never refuses, however heavy they are, and as a browser sends at once to one host.
const AT_ONCE = 6;
let free = AT_ONCE;
/** @type {((value?: unknown) => void)[]} */
const waiting = [];

/**
 * Whatever `path` answers, a refusal too.
 *
 * @param {string} path
 * @param {RequestInit} options
 */
export async function once(path, options) {
  if (free > 0) free -= 1;
  else await new Promise((begin) => waiting.push(begin));
  try {
    return await fetch(at(path), { ...options, headers: { ...options.headers, ...bearer() } });
  } catch (error) {
    throw error instanceof Error && error.name === "AbortError" ? error : unanswered();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

// How often a server that is busy is asked again, each time after as long as it says. It refuses before it does anything.
const AGAIN = 3;

/** @param {string} path @param {RequestInit} options */
async function patiently(path, options) {
  let response = await once(path, options);
  for (let asked = 0; asked < AGAIN && response.status === 503 && response.headers.has("Retry-After"); asked += 1) {
    await new Promise((begin) => setTimeout(begin, 1000 * Number(response.headers.get("Retry-After"))));
    response = await once(path, options);
  }
  return response;
}

/**
 * A question: where a token is missing or wrong, it waits for one and is asked again.
 *
 * @param {string} path
 * @param {RequestInit} options
 */
async function question(path, options) {
  let sent = token();
  let response = await patiently(path, options);
  while (response.status === 401) {
    await another(sent, ask);
    sent = token();
    response = await patiently(path, options);
  }
  return good(response);
}

/** @param {Response} response */
async function good(response) {
  if (response.ok) return response;
  throw new Problem(await response.json().catch(() => ({
    status: response.status, detail: `${response.status} ${response.statusText}`, request_id: response.headers.get("x-request-id"),
  })));
}

/**
 * The JSON at `path`.
 *
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(path, signal) {
  return (await question(path, { signal })).json();
}

// A page holds the answers to what is asked first. Back may show it as the browser has kept it, and much may have come since.
const [arrival] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
const isKept = () => !arrival || arrival.type === "back_forward" || (arrival.responseEnd > 0 && arrival.transferSize === 0);
/** @type {{[path: string]: any}} */
const { as_of: told, ...first } = isKept() ? {} : JSON.parse($("#first").textContent ?? "");
let isChanged = false;
/** The state of the data that the page was made of: charts of it come from the browser's cache. None once this page changes the data. */
export const asOf = () => (isChanged ? undefined : told);
/** @type {Map<string, Promise<any>>} */
const answers = new Map(Object.entries(first).map(([path, answer]) => [path, answer === null ? last() : Promise.resolve(answer)]));

/** The answer at the end of a page, which may still be on its way; null where there is none. */
async function last() {
  if (document.readyState === "loading") await new Promise((come) => document.addEventListener("DOMContentLoaded", come));
  return isKept() ? null : JSON.parse(document.querySelector("#later")?.textContent ?? "null");
}

/**
 * The JSON at `path`, asked for once by a page; again where that failed, but for what is not there.
 *
 * @param {string} path
 * @returns {Promise<any>}
 */
export function known(path) {
  const before = answers.get(path);
  if (before) return before;
  const answer = get(path).catch((error) => {
    if (error?.status !== 404) answers.delete(path);
    throw error;
  });
  answers.set(path, answer);
  return answer;
}

/**
 * The text at `path`.
 *
 * @param {string} path
 * @param {AbortSignal} [signal]
 */
export async function text(path, signal) {
  return (await question(path, { signal })).text();
}

/**
 * The file at `path`.
 *
 * @param {string} path
 */
export async function file(path) {
  return (await question(path, {})).blob();
}

/**
 * The answer to `body`, sent as JSON. It is a question: nothing is changed by it.
 *
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const sent = JSON.stringify(body);
  const came = answers.get(`${path} ${sent}`);
  // Once: whoever asks again later wants to know how things are then.
  answers.delete(`${path} ${sent}`);
  return (await came) ?? (await question(path, { method: "POST", headers, body: sent, signal })).json();
}

/**
 * The answer to a question about `file`, which goes as it is.
 *
 * @param {string} path
 * @param {Blob} file
 * @param {string} type
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function postFile(path, file, type, signal) {
  return (await question(path, { method: "POST", headers: { "Content-Type": type }, body: file, signal })).json();
}

/**
 * A call that changes something, with the token.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body] sent as JSON
 */
export async function change(method, path, body) {
  isChanged = true;
  const json = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return (await good(await patiently(path, { method, ...json }))).json();
}

/**
 * Sends `body` with the token; `progress` hears the share that has left, from 0 to 1.
 *
 * @param {string} path
 * @param {{body: XMLHttpRequestBodyInit | null, type: string, progress: (share: number) => void}} what
 * @returns {Promise<any>}
 */
export function send(path, { body, type, progress }) {
  isChanged = true;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", at(path));
    for (const [name, value] of Object.entries({ "Content-Type": type, ...bearer() })) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => progress(event.total ? event.loaded / event.total : 1));
    request.addEventListener("error", () => reject(unanswered()));
    request.addEventListener("load", () => {
      let answer;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        answer = { status: request.status, detail: `${request.status} ${request.statusText}`, request_id: request.getResponseHeader("x-request-id") };
      }
      if (request.status === 200) resolve(answer);
      else reject(new Problem(answer));
    });
    request.send(body);
  });
}

/** @typedef {string | number | boolean | object | null | undefined} Param */

/**
 * `path` with a query of `params`; empty ones are left out, lists are joined by commas.
 *
 * @param {string} path
 * @param {Record<string, Param>} params
 */
export function query(path, params) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length)) continue;
    search.set(name, Array.isArray(value) ? value.join(",") : typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  const text = search.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text ? `${path}?${text}` : path;
}

/** Runs calls one after the other's abortion: a newer one makes an older one's answer void. */
export class Latest {
  /** @type {AbortController | null} */
  #controller = null;

  /**
   * The result of `work(signal)`; undefined where a newer call has come meanwhile.
   *
   * @template Result
   * @param {(signal: AbortSignal) => Promise<Result>} work
   * @returns {Promise<Result | undefined>}
   */
  async run(work) {
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    try {
      const result = await work(controller.signal);
      return controller.signal.aborted ? undefined : result;
    } catch (error) {
      if (controller.signal.aborted) return undefined;
      throw error;
    }
  }
}

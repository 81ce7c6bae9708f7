// Calls of /v1. A refusal becomes a Problem with the server's words and the id of the request.

import { at } from "./place.js";

/** Why a call was not answered as it was meant. */
export class Problem extends Error {
  constructor({ status = 0, detail, request_id: requestId = null, errors = [] }) {
    super(detail);
    Object.assign(this, { status, requestId, errors });
  }
}

const unanswered = () => new Problem({ detail: "The service does not answer. Is it still running, and are you connected to it?" });

// Calls under way: as many as the least of servers works on at once, so that a page with many charts is not refused.
const AT_ONCE = 2;
let free = AT_ONCE;
const waiting = [];

/** Whatever `path` answers, a refusal too. */
export async function once(path, options) {
  if (free > 0) free -= 1;
  else await new Promise((begin) => waiting.push(begin));
  try {
    return await fetch(at(path), options);
  } catch (error) {
    throw error.name === "AbortError" ? error : unanswered();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

// How often a server that is busy is asked again, each time after as long as it says. It refuses before it does anything.
const AGAIN = 3;

async function call(path, options) {
  let response = await once(path, options);
  for (let asked = 0; asked < AGAIN && response.status === 503 && response.headers.has("Retry-After"); asked += 1) {
    await new Promise((begin) => setTimeout(begin, 1000 * Number(response.headers.get("Retry-After"))));
    response = await once(path, options);
  }
  if (response.ok) return response;
  throw new Problem(await response.json().catch(() => ({
    status: response.status, detail: `${response.status} ${response.statusText}`, request_id: response.headers.get("x-request-id"),
  })));
}

/** The JSON at `path`. */
export async function get(path, signal) {
  return (await call(path, { signal })).json();
}

const answers = new Map();

/** The JSON at `path`, asked for once by a page; again where that failed. */
export function known(path) {
  if (!answers.has(path)) answers.set(path, get(path).catch((error) => {
    answers.delete(path);
    throw error;
  }));
  return answers.get(path);
}

/** The text at `path`. */
export async function text(path, signal) {
  return (await call(path, { signal })).text();
}

/** The answer to `body`, sent as JSON. */
export async function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return (await call(path, { method: "POST", headers, body: JSON.stringify(body), signal })).json();
}

/** A call with a token. */
export async function withToken(method, path, token) {
  return (await call(path, { method, headers: { Authorization: `Bearer ${token}` } })).json();
}

/** Sends `body` with a token; `progress` hears the share that has left, from 0 to 1. */
export function send(path, { body, type, token, progress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", at(path));
    request.setRequestHeader("Content-Type", type);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
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

/** `path` with a query of `params`; empty ones are left out, lists are joined by commas. */
export function query(path, params) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length)) continue;
    search.set(name, Array.isArray(value) ? value.join(",") : typeof value === "object" ? JSON.stringify(value) : value);
  }
  const text = search.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text ? `${path}?${text}` : path;
}

/** Runs calls one after the other's abortion: a newer one makes an older one's answer void. */
export class Latest {
  #controller = null;

  /** The result of `work(signal)`; undefined where a newer call has come meanwhile. */
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

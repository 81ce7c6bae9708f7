// The question that goes from page to page: the net, how it is scaled, on which GPUs. The links between pages carry it.

import { $, fill, h } from "./dom.js";
import { at } from "./place.js";

const KEY = "epochcast-question";
const NAMES = ["model", "spec", "family", "strategy", "alpha", "factor", "platform", "prices", "mode", "images", "batch", "level"];
const PAGES = ["/", "/explore"];
/** What else the pages of a net read of their address: the view, and what belongs to one. */
const OF_VIEWS = ["view", "strategies", "alphas", "y", "beside", "beside_spec", "epoch", "flops", "params", "acts", "memory", "epochs", "devices", "total", "price", "cost", "use"];
/** What people write for the names that are read. @type {Record<string, string>} */
const MEANT = { net: "model", name: "model", gpu: "platform", platforms: "platform", scaling: "strategy", scale: "factor", batch_size: "batch", dataset_images: "images", interval: "level", price_per_hour: "price" };

/** Keeps what the address of this page asks, for the links of this page and of those that follow in this tab. */
export function carry() {
  const asked = new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => NAMES.includes(name)));
  sessionStorage.setItem(KEY, asked.toString().replaceAll("%2C", ",").replaceAll("%3A", ":"));
  lead();
}

/** Points the links in the head of the page at the question that was kept. */
export function lead() {
  const asked = sessionStorage.getItem(KEY);
  for (const link of document.querySelectorAll("header nav a")) {
    const page = PAGES.find((page) => link.getAttribute("href")?.split("?")[0] === at(page));
    if (page) link.setAttribute("href", at(asked ? `${page}?${asked}` : page));
  }
}

/** Says above the answer what stands in the address of a page of a net and nothing reads: without a word, it would be another question. */
export function noteUnread() {
  const all = [...new Set(new URLSearchParams(location.search).keys())];
  // What others put into links to us (utm_source) is not meant for us.
  const unread = all.filter((name) => ![...NAMES, ...OF_VIEWS].includes(name) && !name.startsWith("utm_"));
  const place = $("#unread");
  place.hidden = !unread.length;
  const words = unread.map((name, i) => [i ? ", " : "", h("code", {}, name), MEANT[name] && [" (here it is called ", h("code", {}, MEANT[name]), ")"]]);
  fill(place, "The answer is without what this page does not read in its address: ", words, ".");
}

// The question that goes from page to page: the net, how it is scaled, on which GPUs. The links between pages carry it.

import { at } from "./place.js";

const KEY = "epochcast-question";
const NAMES = ["model", "spec", "family", "strategy", "alpha", "factor", "platform", "prices", "mode", "images", "batch", "level"];
const PAGES = ["/", "/explore"];

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

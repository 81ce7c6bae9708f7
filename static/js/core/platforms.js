// The platforms, and which of them a view about one is about.

import { known } from "./api.js";

/** All platforms, asked for once. */
export async function platforms() {
  return (await known("/v1/platforms")).platforms;
}

/** The id of the platform that the state names, else of the first with timings of its mode; undefined where there is none. */
export async function platformOf(state) {
  return state.platform || (await platforms()).find(({ measurements }) => measurements[state.mode] > 0)?.id;
}

// A journey: what one person does from a first address or command to the answer that they came for, counted.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";

/** The page that has the table; its times are of one day, its steps are held here. */
const PAGE = new URL("../../docs/service.md", import.meta.url);
/** Journeys that were made: row by row what is printed. @type {string[][]} */
const made = [];

/** @typedef {(text: string, action: () => Promise<unknown>) => Promise<unknown>} Step one thing that the person does: opens, types, chooses, clicks, runs */

/**
 * A test that somebody comes to their answer in as many steps as the page of figures says, or fewer. `go` returns the answer
 * in a few words. Waiting is no step, and what is looked at is no step.
 *
 * @param {string} who what they want, as the table says it
 * @param {(step: Step) => Promise<string>} go
 */
export function journey(who, go) {
  test(who, async () => {
    /** @type {string[]} */
    const steps = [];
    let began = 0;
    const answer = await go((text, action) => {
      // What comes before the first step is not the person's doing.
      if (!steps.length) began = performance.now();
      steps.push(text);
      return action();
    });
    made.push([who, String(steps.length), `${((performance.now() - began) / 1000).toFixed(1)} s`, steps.join("; "), answer]);
    const row = readFileSync(PAGE, "utf8").split("\n").map((line) => line.split("|").map((cell) => cell.trim())).find((cells) => cells[1] === who);
    assert.ok(row, `docs/service.md has no journey “${who}”: ${made.at(-1)?.join(" | ")}`);
    assert.ok(steps.length <= Number(row[2]), `${steps.length} steps, ${row[2]} before: ${steps.join("; ")}`);
  });
}

after(() => console.log(["who wants | steps | took | what they do | answer", ...made.map((cells) => cells.join(" | "))].map((line) => `| ${line} |`).join("\n")));

// Quantities are read and written by one table, which the command line is held to as well.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { between, bytes, duration, money, read, si } from "../../static/js/core/quantity.js";

const table = JSON.parse(readFileSync(new URL("../files/quantities.json", import.meta.url), "utf8"));

for (const { kind, text, ...expected } of table.read) {
  test(`${kind} “${text}” is read as ${JSON.stringify(expected)}`, () => {
    const found = read(text, kind);
    if ("value" in expected) assert.ok(Math.abs(found.value - expected.value) <= 1e-9 * expected.value, JSON.stringify(found));
    else assert.deepEqual(found, expected);
    assert.equal(found.currency, expected.currency);
  });
}

test("an empty field is no quantity and no mistake", () => {
  for (const kind of ["time", "count", "bytes", "whole", "money", "factor"]) for (const text of [undefined, "", "  "]) assert.equal(read(text, kind), null);
});

const WRITERS = {
  time: ({ value }) => duration(value), interval: ({ low, high, value }) => between(low, high, value), bytes: ({ value }) => bytes(value),
  count: ({ value }) => si(value), money: ({ value, currency }) => money(value, currency),
};
for (const row of table.written) test(`${row.kind} ${row.value} is written ${row.text}`, () => assert.equal(WRITERS[row.kind](row), row.text));

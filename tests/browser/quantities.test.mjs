// Quantities are read and written by one table, which the command line is held to as well.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { placed, significant } from "../../static/js/core/digits.js";
import { moment, plain } from "../../static/js/core/format.js";
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

test("numbers and times are written as the browser's own English writes them, which takes it long to begin with", () => {
  const english = (options) => new Intl.NumberFormat("en-GB", options);
  const [three, four, cents] = [{ minimumSignificantDigits: 3, maximumSignificantDigits: 3 }, { maximumSignificantDigits: 4 }, { minimumFractionDigits: 2, maximumFractionDigits: 2 }].map(english);
  for (const number of [0, 1, 9.996, 999.96, 1000, -12345.6, 0.25, 0.00099996, 5e-9, ...Array.from({ length: 400 }, (_, i) => (i + 1) / 7 * 10 ** (i % 20 - 8))]) {
    assert.equal(significant(number, 3), three.format(number), String(number));
    assert.equal(plain(number), four.format(number), String(number));
    // Beyond that a double has no more than two places, and which is the nearer is a matter of taste.
    if (number < 1e12) assert.equal(placed(number, 2), cents.format(number), String(number));
  }
  const minute = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
  for (let month = 0; month < 12; month += 1) {
    const time = new Date(Date.UTC(2026, month, 1 + 2 * month, 2 * month, month));
    assert.equal(moment(time.toISOString()), minute.format(time));
  }
});

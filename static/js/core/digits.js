// Numbers as English writes them. `Intl` writes the same, but takes a new tab 30 to 60 ms before the first of them, longer than
// all else that a page does before its answer.

/** With commas between thousands. @param {string} number */
function grouped(number) {
  const [whole, ...rest] = number.split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...rest].join(".");
}

/** Without zeros at the end of what follows the point. @param {string} number */
const trimmed = (number) => (number.includes(".") ? number.replace(/\.?0+$/, "") : number);

/** `number` with so many places after the point: 1,234.50. @param {number} number @param {number} places */
export const placed = (number, places) => grouped(number.toFixed(places));

/** `number` with so many significant digits: 5.00, 1,230. @param {number} number @param {number} digits */
export function significant(number, digits) {
  // Rounded first: 9.996 with three digits is 10.0.
  const power = Number(number.toExponential(digits - 1).split("e")[1] ?? 0);
  return placed(Number(number.toPrecision(digits)), Math.max(0, digits - 1 - power));
}

/** `number` with at most so many significant digits: 5, 0.25. @param {number} number @param {number} digits */
export const atMost = (number, digits) => trimmed(significant(number, digits));

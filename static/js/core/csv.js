// CSV as RFC 4180 has it.

/** @typedef {{cells: string[], line: number, start: number, end: number}} CsvRecord */

/**
 * The records of `text`: each with its cells, the line on which it begins (from 1), and where it stands in the text.
 *
 * @param {string} text
 */
export function records(text, separator = ",") {
  /** @type {CsvRecord[]} */
  const found = [];
  /** @type {string[]} */
  let cells = [];
  let [cell, quoted, line, first, start] = ["", false, 1, 1, 0];
  /** @param {number} position */
  const end = (position) => {
    cells.push(cell);
    if (cells.length > 1 || cells[0] !== "") found.push({ cells, line: first, start, end: position });
    [cells, cell] = [[], ""];
  };
  for (let i = 0; i < text.length; i += 1) {
    const letter = text[i];
    if (letter === "\n") line += 1;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') { cell += '"'; i += 1; } else quoted = false;
    } else if (letter === '"' && cell === "") {
      quoted = true;
    } else if (letter === separator) {
      cells.push(cell);
      cell = "";
    } else if (letter === "\n") {
      end(i);
      [first, start] = [line, i + 1];
    } else if (letter !== "\r" || text[i + 1] !== "\n") {
      cell += letter;
    }
  }
  if (cell !== "" || cells.length) end(text.length);
  return found;
}

/**
 * One record as a line of text.
 *
 * @param {string[]} cells
 */
export function line(cells) {
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",");
}

// What a page draws, one thing after the other: the first is seen before the next is made ready.

let last = Promise.resolve();

/** Resolves once the page could show what was drawn in the turn before; at once where nothing was. */
export function turn() {
  const mine = last;
  last = mine.then(() => new Promise((done) => { setTimeout(done); }));
  return mine;
}

// Files of timings that follow a line, as large as one likes.

/** A CSV of `rows` timings of `platform`; those on the lines `wrong` have no speed. */
export function timings(platform, rows, wrong = []) {
  const lines = ["platform,device,mode,label,flops,params,acts,images_per_second"];
  const bad = new Set(wrong);
  for (let i = 0; i < rows; i += 1) {
    const acts = 2e6 + 900 * i;
    const speed = bad.has(i + 2) ? "fast" : (1e9 / (acts + 1e6) * (1 + 0.01 * Math.sin(i))).toFixed(4);
    lines.push(`${platform},GPU,train,net-${i},${Math.round(acts * 200)},${Math.round(acts * 2)},${Math.round(acts)},${speed}`);
  }
  return Buffer.from(`${lines.join("\n")}\n`);
}

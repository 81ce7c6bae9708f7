// A description of a net as people paste it, JSON or a YAML config of pycls, and as the URL carries it: JSON in one line.

/** `text` as JSON in one line; undefined where it is neither. The service reads the YAML, and says what is wrong with it. @param {string} text */
export function described(text) {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return /^MODEL:/m.test(text) ? JSON.stringify({ pycls: text }) : undefined;
  }
}

/** What `described` read, as it is pasted: short lists on one line. @param {string} spec */
export function written(spec) {
  try {
    const net = JSON.parse(spec);
    if (typeof net?.pycls === "string") return net.pycls;
    return JSON.stringify(net, null, 1).replaceAll(/\[\s+([^[\]{}]*?)\s+\]/g, (_, list) => `[${list.replaceAll(/\s+/g, " ")}]`);
  } catch {
    return spec;
  }
}

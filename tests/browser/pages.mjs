// The pages whose speed is told: the element that holds the first answer of each, and the question that it waits for, where the
// page does not bring that along.

/** @type {{path: string, shown: string, waits?: RegExp}[]} */
export const PAGES = [
  { path: "/", shown: ".verdict" },
  { path: "/?factor=8", shown: ".verdict", waits: /\/v1\/predict$/ },
  { path: "/explore", shown: ".verdict" },
  { path: "/explore?view=compare", shown: "#compare table, #compare figure svg", waits: /\/v1\/compare$/ },
  { path: "/explore?view=plan&epoch=10+min&platform=v100x8-paper", shown: "#plan table", waits: /\/v1\/plan$/ },
  { path: "/explore?view=time", shown: "#time table, #time figure svg", waits: /\/v1\/explain$/ },
  { path: "/platforms", shown: "main table" },
  { path: "/platforms/v100x8-paper", shown: "figure svg", waits: /\/v1\/charts\/fit\.svg/ },
  { path: "/upload", shown: "input[type=file]" },
  { path: "/docs", shown: "#docs .operation" },
];

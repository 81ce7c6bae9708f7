// The pages whose speed is told: the element that holds the first answer of each, the question whose answer the page brings
// along, or the one that it waits for.

/** @type {{path: string, shown: string, brings?: string, waits?: RegExp}[]} */
export const PAGES = [
  { path: "/", shown: ".verdict", brings: "/v1/predict" },
  { path: "/?factor=8", shown: ".verdict", brings: "/v1/predict" },
  { path: "/explore", shown: ".verdict", brings: "/v1/predict" },
  { path: "/explore?view=compare", shown: "#compare table, #compare figure svg", brings: "/v1/compare" },
  { path: "/explore?view=plan&epoch=10+min&platform=v100x8-paper", shown: "#plan table", brings: "/v1/plan" },
  { path: "/explore?view=time", shown: "#time table, #time figure svg", brings: "/v1/explain" },
  { path: "/platforms", shown: "main table", brings: "/v1/platforms" },
  { path: "/platforms/v100x8-paper", shown: "figure svg", waits: /\/v1\/charts\/fit\.svg/ },
  { path: "/upload", shown: "input[type=file]" },
  { path: "/docs", shown: "#docs .operation", brings: "/openapi.json" },
];

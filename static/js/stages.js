// Where the time goes, stage by stage.

import { Latest, post } from "./api.js";
import { Chart } from "./chart.js";
import { fill, h } from "./dom.js";
import { net, present, scaling } from "./request.js";
import { snippet } from "./snippet.js";

/** Fills `place` whenever the state changes; returns what to call then. */
export function stages(place) {
  const latest = new Latest();
  const chart = new Chart("/v1/charts/stages");
  const [said, call] = [h("p", {}), h("div", {})];
  fill(place, h("h2", {}, "Where the time goes"), said, chart.element, call);

  return async function show(now, answer) {
    const platform = now.platform || answer?.predictions[0]?.platform;
    place.hidden = !answer?.base.model || !platform;
    if (place.hidden) return;
    const { model } = net(now);
    const scaled = scaling(now);
    chart.show(present({ ...(now.spec ? { spec: model } : { model: model.name }), ...scaled, platform, mode: now.mode }));
    const body = present({ model, scaling: scaled, platform, mode: now.mode });
    fill(call, snippet({ path: "/v1/explain", body }));
    try {
      const explained = await latest.run((signal) => post("/v1/explain", body, signal));
      if (explained) fill(said, explained.sentence ?? "");
    } catch {
      fill(said);
    }
  };
}

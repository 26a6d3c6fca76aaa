// Softmax of a few scores, with a temperature, with and without division by √d.

import { bars, choice, el, frame, slider } from "./parts.mjs";
import { softmax } from "./tensors.mjs";

/**
 * `scores` are those of keys and query whose d components have variance 1, divided by √d; without the division
 * they are √d times as large.
 */
export function answer(_models, { scores, temperature, d, scaled }) {
  const logits = scores.map((score) => (score * (scaled ? 1 : Math.sqrt(d))) / temperature);
  const weights = Array.from(softmax(logits));
  const entropy = -weights.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
  return { logits, weights, entropy, gradient: Math.max(...weights.map((p) => p * (1 - p))) };
}

export function show(root, models, first, options) {
  const state = structuredClone(first);
  const list = el("ul", { class: "bars", "aria-label": "Weights" });
  const facts = el("p", { class: "facts" });
  const sliders = state.scores.map((score, i) =>
    slider({ label: options.keys[i], min: -3, max: 3, step: 0.1, value: score, format: (x) => x.toFixed(1), oninput: (x) => set(() => (state.scores[i] = x)) }),
  );
  const knobs = [
    slider({ label: "temperature T", min: -2, max: 2, step: 0.1, value: Math.log2(state.temperature), format: (x) => (2 ** x).toFixed(2), oninput: (x) => set(() => (state.temperature = 2 ** x)) }),
    slider({ label: "width d", min: 0, max: 9, step: 1, value: Math.log2(state.d), format: (x) => String(2 ** x), oninput: (x) => set(() => (state.d = 2 ** x)) }),
  ];
  const scaling = choice({ label: "Scaling", options: { yes: "divided by √d", no: "not divided" }, value: state.scaled ? "yes" : "no", onchange: (key) => set(() => (state.scaled = key === "yes")) });
  const say = frame(
    root,
    el("div", { class: "two" },
      el("div", { class: "view" }, el("p", { class: "quiet" }, "Scores of five keys, in units of √d"), el("div", { class: "sliders" }, sliders), el("div", { class: "sliders" }, knobs), scaling),
      el("div", { class: "view", css: { "align-content": "start" } }, el("p", { class: "quiet" }, "Weights"), list, facts)),
  );
  function set(change) {
    change();
    update();
  }
  function update() {
    const now = answer(models, state);
    list.replaceChildren(...bars(now.weights.map((weight, i) => ({ name: options.keys[i], weight }))));
    const effective = Math.exp(now.entropy);
    facts.replaceChildren(
      el("span", {}, "as many keys as count: ", el("b", {}, effective.toFixed(2))),
      el("span", {}, "largest gradient p(1 − p): ", el("b", {}, now.gradient < 0.001 ? now.gradient.toExponential(1) : now.gradient.toFixed(3))),
    );
    say(`Largest weight ${(100 * Math.max(...now.weights)).toFixed(0)} percent, ${effective.toFixed(1)} keys count`);
  }
  update();
}

// All heads of a Transformer or a BERT: small pictures to choose from, one of them large, and where each token looks.

import { choice, el, frame, heatMap, miniature, percent, replaceMap, shown, textField } from "./parts.mjs";
import { runBert, translateWithMaps } from "./transformer.mjs";
import { tokenize } from "./wordpiece.mjs";

const KINDS = { encoder: "encoder: the source reads itself", decoder: "decoder: the answer reads itself", cross: "decoder reads the source" };

export function answer(models, { text }) {
  const model = models.model;
  if (model.kind === "transformer") return translateWithMaps(model, text);
  const tokens = tokenize(model, text);
  return { tokens, maps: { encoder: runBert(model, tokens.map((token) => model.ids.get(token)), []).maps } };
}

export function show(root, models, first, options) {
  const bert = models.model.kind === "bert";
  let { text } = first;
  let [kind, layer, head, query] = [first.kind ?? "encoder", first.layer, first.head, first.query];
  let now;
  const grid = el("div", { class: "heads", role: "group", "aria-label": "Heads" });
  const holder = el("div", { class: "scroll" });
  const result = el("p", { class: "answer" });
  const [asks, looks] = [0, 1].map(() => el("div", { class: "tokens" }));
  const [title, sentence] = [el("p", {}), el("p", { class: "quiet" })];
  asks.setAttribute("role", "group");
  asks.setAttribute("aria-label", "Choose a token");
  const parts = [
    textField({ label: options.label, value: text, examples: options.examples, longest: options.longest, onchange: (value) => { text = value; query = 0; update(); } }),
    bert ? null : result,
    bert ? null : choice({ label: "Which attention", options: KINDS, value: kind, onchange: (value) => { kind = value; query = 0; draw(); } }),
    grid, title, asks, sentence, looks, holder,
  ];
  const say = frame(root, parts.filter(Boolean));

  function names() {
    if (bert) return [now.tokens, now.tokens];
    const source = [...text].map(shown);
    const written = now.inputs.map((token) => (token === "<start>" ? "start" : token));
    return kind === "encoder" ? [source, source] : kind === "decoder" ? [written, written] : [now.tokens.map((token) => (token === "<end>" ? "end" : token)), source];
  }
  function update() {
    if (!text.trim()) return;
    now = answer(models, { text });
    result.textContent = now.text ?? "";
    draw();
  }
  function draw() {
    const maps = now.maps[kind];
    const [rows, columns] = names();
    query = Math.min(query, rows.length - 1);
    const small = maps.map((heads, l) => [
      el("span", { class: "quiet" }, `layer ${l + 1}`),
      heads.map((weights, h) =>
        el("button", { type: "button", "aria-pressed": String(l === layer && h === head), "aria-label": `Layer ${l + 1}, head ${h + 1}`, onclick: () => { [layer, head] = [l, h]; draw(); grid.querySelectorAll("button")[l * heads.length + h].focus(); }, html: miniature(weights, { alt: "" }).replace('role="img" aria-label=""', 'aria-hidden="true"') })),
    ]);
    grid.style.setProperty("--n", maps[0].length);
    grid.replaceChildren(...small.flat(2));
    title.textContent = `Layer ${layer + 1}, head ${head + 1}. Choose a token to see where it looks:`;
    replaceMap(holder, () => heatMap({ label: `Weights of layer ${layer + 1}, head ${head + 1}: a row for each token that looks`, rows, columns, weights: maps[layer][head], words: bert, look: (y) => y !== query && choose(y) }));
    choose(query);
  }
  function choose(index) {
    query = index;
    const weights = now.maps[kind][layer][head][query];
    const [rows, columns] = names();
    if (asks.children.length !== rows.length || rows.some((name, i) => asks.children[i].textContent !== name)) {
      asks.replaceChildren(...rows.map((name, i) => el("button", { type: "button", onclick: () => choose(i) }, name)));
    }
    [...asks.children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === query)));
    looks.replaceChildren(...columns.map((name, i) => el("span", { css: { "--w": (weights[i] ?? 0).toFixed(3) }, title: percent(weights[i] ?? 0) }, name)));
    const best = [...weights.keys()].sort((a, b) => weights[b] - weights[a]).filter((i) => weights[i] >= 0.01).slice(0, 3);
    sentence.textContent = `“${rows[query]}” looks at ${best.map((i) => `“${columns[i]}” (place ${i + 1}, ${percent(weights[i])})`).join(", ")}`;
    say(sentence.textContent);
  }
  update();
}

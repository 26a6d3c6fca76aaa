// Masked words: hide pieces of a sentence and see what BERT expects there.

import { bars, el, frame, textField } from "./parts.mjs";
import { runBert } from "./transformer.mjs";
import { argmax, softmax } from "./tensors.mjs";
import { tokenize } from "./wordpiece.mjs";

const BEST = 8;
const MASK = "[MASK]";

export function answer(models, { text, hidden = [] }) {
  const model = models.model;
  const tokens = tokenize(model, text).map((token, i) => (hidden.includes(i) ? MASK : token));
  const places = [...tokens.keys()].filter((i) => tokens[i] === MASK);
  const { logits, maps } = runBert(model, tokens.map((token) => model.ids.get(token)), places);
  return { tokens, places, logits, maps, best: logits.map((row) => model.vocabulary[argmax(row)]) };
}

export function show(root, models, first, options) {
  let { text } = first;
  let hidden = [...first.hidden];
  let asked;
  const tokens = el("div", { class: "tokens", role: "group", "aria-label": "Pieces: press one to hide it" });
  const title = el("p", {});
  const list = el("ol", { class: "bars", "aria-label": "What is expected" });
  const field = textField({ label: options.label, value: text, examples: options.examples, longest: 300, onchange: (value) => { text = value; hidden = []; update(); } });
  const say = frame(root, field, el("p", { class: "quiet" }, "Press a piece to hide it; press it again to show it."), tokens, title, list);

  function turn(place) {
    if (hidden.includes(place)) hidden = hidden.filter((other) => other !== place);
    else hidden.push((asked = place));
    update();
    tokens.children[place].focus();
  }
  function update() {
    const written = tokenize(models.model, text);
    const now = answer(models, { text, hidden });
    if (!now.places.includes(asked)) asked = now.places.at(-1);
    tokens.replaceChildren(
      ...written.map((token, i) => {
        const isHidden = now.tokens[i] === MASK;
        if (["[CLS]", "[SEP]"].includes(token)) return el("span", { class: "quiet" }, token);
        const guess = isHidden ? now.best[now.places.indexOf(i)] : "";
        const properties = { type: "button", class: isHidden ? "hidden" : undefined, onclick: () => (token === MASK ? (asked = i) && update() : turn(i)) };
        return el("button", { ...properties, "aria-pressed": String(isHidden && i === asked), "aria-label": isHidden ? `${token}, hidden; expected: ${guess}` : `Hide ${token}` }, isHidden ? `${guess}?` : token);
      }),
    );
    if (asked === undefined) {
      title.textContent = "Nothing is hidden.";
      list.replaceChildren();
      return;
    }
    const weights = softmax(now.logits[now.places.indexOf(asked)]);
    const order = [...weights.keys()].sort((a, b) => weights[b] - weights[a]).slice(0, BEST);
    const truth = written[asked] === MASK ? "" : ` Written there: “${written[asked]}”, with ${(100 * weights[models.model.ids.get(written[asked])]).toFixed(1)} %.`;
    title.textContent = `Expected at piece ${asked}.${truth}`;
    list.replaceChildren(...bars(order.map((id) => ({ name: models.model.vocabulary[id], weight: weights[id] }))));
    say(`Expected: ${order.slice(0, 3).map((id) => models.model.vocabulary[id]).join(", ")}.${truth}`);
  }
  update();
}

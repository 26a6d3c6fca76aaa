// The same input through readers that differ in their score function alone.

import { translate } from "./recurrent.mjs";
import { el, frame, miniature, shown, textField } from "./parts.mjs";

const LONGEST = 40;

export function answer(models, { text }) {
  return Object.fromEntries(Object.entries(models).map(([name, model]) => [name, translate(model, text)]));
}

export function show(root, models, first, options) {
  const cards = el("div", { class: "cards" });
  const note = el("p", { class: "quiet" });
  const update = (text) => {
    cards.replaceChildren();
    note.textContent = text ? "" : "Type a date.";
    if (!text) return;
    const answers = answer(models, { text });
    const most = majority(Object.values(answers).map((one) => one.text));
    for (const [name, one] of Object.entries(answers)) {
      const digits = [...one.text].map((token, i) => (token === most[i] ? token : el("span", { class: "other" }, token)));
      const picture = miniature(one.weights, { rows: one.tokens.map((token) => (token === "<end>" ? "·" : token)), columns: [...text].map(shown), alt: `${name}: weights while writing ${one.text}` });
      cards.append(el("div", { class: "card", role: "group", "aria-label": name }, el("strong", {}, name), el("span", { class: "formula" }, options.formulas[name] ?? ""), el("span", { class: "answer" }, digits), el("div", { html: picture })));
    }
    const others = Object.entries(answers).filter(([, one]) => one.text !== most).map(([name]) => name);
    note.textContent = others.length ? `Most read ${most}; ${others.join(", ")} read otherwise.` : `All read ${most}.`;
    say(note.textContent);
  };
  const say = frame(root, textField({ label: options.label, value: first.text, examples: options.examples, longest: LONGEST, onchange: update }), note, cards);
  update(first.text);
}

/** The most frequent of some texts; the first of them if several are. */
export function majority(texts) {
  const count = (text) => texts.filter((other) => other === text).length;
  return texts.reduce((best, text) => (count(text) > count(best) ? text : best));
}

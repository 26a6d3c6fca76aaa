// A reader of dates and its attention: type, see the heat map form, force or ablate a row.

import { translate } from "./recurrent.mjs";
import { el, frame, heatMap, replaceMap, shown, textField } from "./parts.mjs";
import { softmax } from "./tensors.mjs";

const LONGEST = 40;

export function answer(models, { text, forced }) {
  return translate(models.reader, text, forced);
}

export function show(root, models, first, options) {
  let { text } = first;
  let forced = { ...first.forced };
  let last; // the row that was changed last
  const result = el("p", { class: "answer" });
  const note = el("p", { class: "quiet" });
  const holder = el("div", { class: "scroll" });
  const [place, left, right] = [el("span"), ...[["◀", -1, "left"], ["▶", 1, "right"]].map(([sign, by, side]) =>
    el("button", { type: "button", "aria-label": `Look one character further ${side}`, onclick: () => move(by) }, sign),
  )];
  const steer = el("div", { class: "line quiet", role: "group", "aria-label": "Where the changed row looks" }, place, left, right);
  const undo = el("button", { type: "button", onclick: () => (forced = {}) && update() }, "Undo all changes");
  const field = textField({
    label: options.label, value: text, examples: options.examples, longest: LONGEST,
    onchange(value) {
      text = value;
      forced = {};
      update();
    },
  });
  const say = frame(
    root, field, el("div", {}, result, note), holder,
    el("div", { class: "line quiet" }, el("span", { class: "scale" }, "weight 0 to 1"), undo),
    steer,
    el("p", { class: "quiet" }, "Click a cell, or go there with the arrow keys and press Enter: the row then looks only there. ∅ lets a row look nowhere. Once more undoes it."),
  );

  function turn(step, value) {
    last = step;
    if (forced[step] === value) delete forced[step];
    else forced[step] = value;
    update();
  }

  function move(by) { // cells are narrow on a phone; these buttons are not
    forced[last] = Math.max(0, Math.min(text.length - 1, forced[last] + by));
    update();
  }

  function update() {
    const at = forced[last];
    steer.hidden = typeof at !== "number";
    place.textContent = steer.hidden ? "" : `Row ${last + 1} looks at “${shown(text[at])}”, place ${at + 1}`;
    undo.disabled = Object.keys(forced).length === 0;
    if (!text) {
      result.textContent = "";
      note.textContent = "Type a date.";
      holder.replaceChildren();
      return;
    }
    const free = answer(models, { text });
    const now = undo.disabled ? free : answer(models, { text, forced });
    const differs = now.tokens.map((token, i) => token !== free.tokens[i]);
    result.replaceChildren(...[...now.text].map((token, i) => (differs[i] ? el("span", { class: "other" }, token) : token)));
    note.textContent = undo.disabled
      ? `Each row is one step. The least certain character has probability ${Math.min(...now.logits.map((row) => Math.max(...softmax(row)))).toFixed(2)}.`
      : `You changed ${Object.keys(forced).length === 1 ? "a row" : `${Object.keys(forced).length} rows`}. Without: ${free.text}.`;
    replaceMap(holder, () =>
      heatMap({
        label: "Attention: a row for each character written, a column for each character read",
        rows: now.tokens.map((token, i) => el("span", { class: differs[i] ? "other" : undefined }, token === "<end>" ? "end" : token)),
        columns: [...text], weights: now.weights, marked: forced,
        off: Object.fromEntries(Object.entries(forced).map(([step, value]) => [step, value === "none"])),
        choose: turn,
        knob: (step) =>
          el("button", { type: "button", "aria-pressed": String(forced[step] === "none"), "aria-label": `Row ${step + 1}, ${now.tokens[step]}: look nowhere`, onclick: () => turn(step, "none") }, "∅"),
      }),
    );
    const changes = Object.entries(forced).map(([step, value]) => `row ${Number(step) + 1} looks ${value === "none" ? "nowhere" : `at ${shown(text[value])}`}`);
    say(`Answer ${now.text}. ${changes.join(", ")}`);
  }
  update();
}

// The figures by the names of their views, and how one is put on a page.

import { readWeights } from "./tensors.mjs";
import * as dates from "./view_dates.mjs";
import * as heads from "./view_heads.mjs";
import * as softmax from "./view_softmax.mjs";
import * as words from "./view_words.mjs";
import * as zoo from "./view_zoo.mjs";

export const VIEWS = { dates, heads, softmax, words, zoo };

/** Show a figure in `host`; `buffer` holds its weights, if it has any. Returns what tests and readers may ask it. */
export function mount(host, { view, first, options }, buffer) {
  const models = buffer ? readWeights(buffer) : {};
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  root.replaceChildren();
  VIEWS[view].show(root, models, first, options);
  return { answer: (input) => VIEWS[view].answer(models, input) };
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}

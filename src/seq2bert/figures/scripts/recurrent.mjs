// Recurrent encoder and decoder, one sentence, one step at a time: seq2bert.recurrent without windows and layers above 1.

import { argmax, average, concat, linear, row, sigmoid, softmax } from "./tensors.mjs";
import { scoreFunction } from "./scores.mjs";

const [START, END, UNKNOWN] = [1, 2, 3]; // of seq2bert.vocabulary

export const SPACE = "␣";

/** Turn a text into ids; a character that the vocabulary lacks becomes <unk>. */
export function encode(text, vocabulary) {
  return [...text].map((character) => {
    const id = vocabulary.indexOf(character);
    return id < 0 ? UNKNOWN : id;
  });
}

// One step of torch's cells, from the part that the input gives and the weights of the state.
const CELLS = {
  lstm(input, state, weight, bias) {
    const gates = linear(state.hidden, weight, bias).map((value, i) => value + input[i]);
    const size = state.hidden.length;
    const cell = new Float32Array(size);
    const hidden = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      const kept = sigmoid(gates[size + i]) * state.cell[i];
      cell[i] = kept + sigmoid(gates[i]) * Math.tanh(gates[2 * size + i]);
      hidden[i] = sigmoid(gates[3 * size + i]) * Math.tanh(cell[i]);
    }
    return { hidden, cell };
  },
  gru(input, state, weight, bias) {
    const size = state.hidden.length;
    const old = linear(state.hidden, weight, bias);
    const hidden = state.hidden.map((value, i) => {
      const update = sigmoid(input[size + i] + old[size + i]);
      const reset = sigmoid(input[i] + old[i]);
      return (1 - update) * Math.tanh(input[2 * size + i] + reset * old[2 * size + i]) + update * value;
    });
    return { hidden };
  },
  rnn(input, state, weight, bias) {
    return { hidden: linear(state.hidden, weight, bias).map((value, i) => Math.tanh(value + input[i])) };
  },
};

function cellOf(model, prefix, suffix = "") {
  const get = (key) => model.tensors[`${prefix}.${key}_l0${suffix}`];
  const step = CELLS[model.cell];
  return {
    size: get("weight_hh").columns,
    step: (x, state) =>
      step(linear(x, get("weight_ih"), get("bias_ih")), state, get("weight_hh"), get("bias_hh")),
  };
}

function readSource(model, ids) {
  const embedding = model.tensors["encoder.embedding.weight"];
  const directions = model.bidirectional ? ["", "_reverse"] : [""];
  const runs = directions.map((suffix) => {
    const { size, step } = cellOf(model, "encoder.cell", suffix);
    let state = { hidden: new Float32Array(size), cell: new Float32Array(size) };
    const order = [...ids.keys()];
    if (suffix) order.reverse();
    const states = [];
    for (const place of order) {
      state = step(row(embedding, ids[place]), state);
      states[place] = state.hidden;
    }
    return { states, final: state.hidden };
  });
  const states = concat(...ids.flatMap((_, place) => runs.map((run) => run.states[place])));
  states.width = states.length / ids.length;
  return { states, final: concat(...runs.map((run) => run.final)) };
}

/**
 * Read a text and write the answer greedily.
 *
 * `forced` changes rows of attention: an index looks at that character alone, "none" at nothing (context 0).
 * Returns the tokens and, for each step, its logits and weights.
 */
export function translate(model, text, forced = {}) {
  const weights = model.tensors;
  const ids = encode(text, model.source);
  const { states, final } = readSource(model, ids);
  const score = model.order === "plain" ? null : scoreFunction(model.score, weights);
  const prepared = score?.prepare(states);
  const attend = (query, step) => {
    let looks = softmax(score.scores(query, prepared));
    if (forced[step] === "none") looks = looks.map(() => 0);
    else if (forced[step] !== undefined) looks = looks.map((_, i) => (i === forced[step] ? 1 : 0));
    return { weights: looks, context: average(looks, states, states.width) };
  };
  const begin = (part) => linear(final, weights[`decoder.recurrence.${part}.weight`], weights[`decoder.recurrence.${part}.bias`]);
  const { step } = cellOf(model, "decoder.recurrence.cell");
  let state = { hidden: begin("start_hidden").map(Math.tanh), cell: model.cell === "lstm" ? begin("start_cell") : null };
  const nothing = new Float32Array(0);
  let fed = model.inputFeeding ? new Float32Array(state.hidden.length) : nothing;
  if (model.contextEveryStep) fed = final;
  const combine = (...parts) => linear(concat(...parts), weights["decoder.combine.weight"]).map(Math.tanh);
  const result = { tokens: [], logits: [], weights: [] };
  let token = START;
  for (let t = 0; t < model.maxLength && token !== END; t++) {
    const embedded = row(weights["decoder.embedding.weight"], token);
    let seen = { weights: nothing };
    let read;
    if (model.order === "bahdanau") {
      seen = attend(state.hidden, t);
      state = step(concat(embedded, seen.context), state);
      read = combine(embedded, seen.context, state.hidden);
    } else {
      state = step(concat(embedded, fed), state);
      read = state.hidden;
      if (score) {
        seen = attend(state.hidden, t);
        read = combine(seen.context, state.hidden);
        if (model.inputFeeding) fed = read;
      }
    }
    const logits = linear(read, weights["decoder.output.weight"], weights["decoder.output.bias"]);
    token = argmax(logits);
    result.tokens.push(model.target[token]);
    result.logits.push(logits);
    result.weights.push(seen.weights);
  }
  return { ...result, text: answerOf(result.tokens) };
}

/** Join what was written before the end. */
export function answerOf(tokens) {
  const end = tokens.indexOf("<end>");
  return tokens.slice(0, end < 0 ? tokens.length : end).join("");
}

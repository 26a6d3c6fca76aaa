// Layers of Transformer and BERT, one sentence: seq2bert.transformer without shared key heads and relative positions.

import { ACTIVATIONS, add, argmax, average, concat, layerNorm, linear, row, softmax } from "./tensors.mjs";
import { answerOf, encode } from "./recurrent.mjs";

const [START, END] = [1, 2];

/** Attention of all heads; queries and keys are rows of d_model numbers. Returns context and weights by head. */
function attend(query, key, value, model) {
  const width = model.d_model;
  const size = width / model.n_heads;
  const [n, m] = [query.length / width, key.length / width];
  const context = new Float32Array(query.length);
  const weights = [];
  for (let head = 0; head < model.n_heads; head++) {
    const from = head * size;
    const values = new Float32Array(m * size);
    for (let j = 0; j < m; j++) values.set(value.subarray(j * width + from, j * width + from + size), j * size);
    const rows = [];
    for (let i = 0; i < n; i++) {
      const scores = new Float32Array(m);
      for (let j = 0; j < m; j++) {
        let sum = 0;
        for (let k = from; k < from + size; k++) sum += query[i * width + k] * key[j * width + k];
        scores[j] = sum / Math.sqrt(size);
      }
      rows.push(softmax(scores));
      context.set(average(rows[i], values, size), i * width + from);
    }
    weights.push(rows);
  }
  return { context, weights };
}

// Rotary positions: the pairs (i, i + half) of each head are turned by the position's angle.
function rotate(x, model, offset) {
  const size = model.d_model / model.n_heads;
  const half = size / 2;
  const result = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += size) {
    const place = offset + Math.floor(at / model.d_model);
    for (let i = 0; i < half; i++) {
      const angle = place * 10000 ** (-i / half);
      const [a, b] = [x[at + i], x[at + half + i]];
      result[at + i] = a * Math.cos(angle) - b * Math.sin(angle);
      result[at + half + i] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  }
  return result;
}

function split(x, width, parts) {
  return Array.from({ length: parts }, (_, part) => {
    const result = new Float32Array(x.length / parts);
    for (let r = 0; r * width < result.length; r++) {
      const at = (r * parts + part) * width;
      result.set(x.subarray(at, at + width), r * width);
    }
    return result;
  });
}

/** The functions of one layer; `prefix` names it among the weights. */
function layerOf(model, prefix) {
  const weights = model.tensors;
  const map = (name, x) => linear(x, weights[`${prefix}.${name}.weight`], weights[`${prefix}.${name}.bias`]);
  const norm = (name, x) =>
    layerNorm(x, weights[`${prefix}.${name}.norm.weight`], weights[`${prefix}.${name}.norm.bias`], model.epsilon);
  const around = (name, x, sublayer) => {
    if (model.norm === "pre") return add(x, sublayer(norm(name, x)));
    return norm(name, add(x, sublayer(x)));
  };
  let seen;
  let past; // keys and values of what was read before
  let source;
  return {
    own(x) {
      const y = around("attention_residual", x, (inner) => {
        let [query, key, value] = split(map("attention.query_key_value", inner), model.d_model, 3);
        const offset = past ? past[0].length / model.d_model : 0;
        if (model.positions === "rotary") [query, key] = [query, key].map((part) => rotate(part, model, offset));
        if (past) [key, value] = [concat(past[0], key), concat(past[1], value)];
        past = [key, value];
        seen = attend(query, key, value, model);
        return map("attention.output", seen.context);
      });
      return [y, seen.weights];
    },
    cross(x, memory) {
      const y = around("cross_residual", x, (inner) => {
        source ??= split(map("cross_attention.key_value", memory), model.d_model, 2);
        seen = attend(map("cross_attention.query", inner), ...source, model);
        return map("cross_attention.output", seen.context);
      });
      return [y, seen.weights];
    },
    feed(x) {
      return around("feed_forward_residual", x, (inner) =>
        map("feed_forward.outer", map("feed_forward.inner", inner).map(ACTIVATIONS[model.activation])),
      );
    },
  };
}

// Embeddings that source and target share are stored once, as the encoder's.
const tableOf = (model, stack) =>
  model.tensors[`${stack}.embeddings.table.weight`] ?? model.tensors["encoder.embeddings.table.weight"];

function embed(model, stack, ids, offset) {
  const width = model.d_model;
  const table = tableOf(model, stack);
  const learned = model.tensors[`${stack}.positions.table.weight`];
  const x = new Float32Array(ids.length * width);
  ids.forEach((id, number) => {
    const place = offset + number;
    for (let i = 0; i < width; i++) {
      let value = table[id * width + i] * Math.sqrt(width);
      if (learned) value += learned[place * width + i];
      if (model.positions === "sinusoidal") {
        const angle = place * 10000 ** (-(i - (i % 2)) / width);
        value += i % 2 ? Math.cos(angle) : Math.sin(angle);
      }
      x[number * width + i] = value;
    }
  });
  return x;
}

/** Return a function that reads further tokens of one sentence: states, and the weights of every layer and head. */
function stackOf(model, stack, depth, memory) {
  const layers = Array.from({ length: depth }, (_, number) => layerOf(model, `${stack}.layers.${number}`));
  const [scale, shift] = ["weight", "bias"].map((part) => model.tensors[`${stack}.norm.${part}`]);
  let read = 0;
  return (ids) => {
    let x = embed(model, stack, ids, read);
    read += ids.length;
    const [own, cross] = [[], []];
    layers.forEach((layer, number) => {
      [x, own[number]] = layer.own(x);
      if (memory) [x, cross[number]] = layer.cross(x, memory);
      x = layer.feed(x);
    });
    return { states: scale ? layerNorm(x, scale, shift, model.epsilon) : x, own, cross };
  };
}

/** Read a text and write the answer greedily; `maps` has the weights of every layer and head. */
export function translateWithMaps(model, text) {
  const encoder = stackOf(model, "encoder", model.n_encoder_layers)(encode(text, model.source));
  const read = stackOf(model, "decoder", model.n_decoder_layers, encoder.states);
  const output = model.tensors["output.weight"] ?? tableOf(model, "decoder");
  const written = [START];
  const [steps, logits] = [[], []];
  do {
    steps.push(read(written.slice(-1)));
    logits.push(linear(steps.at(-1).states, output));
    written.push(argmax(logits.at(-1)));
  } while (written.at(-1) !== END && steps.length < model.maxLength);
  // A step gives one row of each map; a token has no weight for those that come after it.
  const together = (kind, size) =>
    steps[0][kind].map((heads, layer) =>
      heads.map((_, head) => steps.map((step) => Float32Array.from({ length: size }, (_, i) => step[kind][layer][head][0][i] ?? 0))),
    );
  const tokens = written.slice(1).map((id) => model.target[id]);
  return {
    text: answerOf(tokens),
    tokens,
    inputs: written.slice(0, -1).map((id) => model.target[id]),
    logits,
    maps: { encoder: encoder.own, decoder: together("own", steps.length), cross: together("cross", [...text].length) },
  };
}

/** BERT: states, attention weights of every layer and head, and logits at the asked places. */
export function runBert(model, ids, places) {
  const weights = model.tensors;
  const width = model.d_model;
  const parts = ["tokens.weight", "segments.weight", "positions.table.weight"].map((part) => weights[`encoder.embeddings.${part}`]);
  let x = new Float32Array(ids.length * width);
  ids.forEach((id, place) => {
    for (let i = 0; i < width; i++) {
      x[place * width + i] = parts[0][id * width + i] + parts[1][i] + parts[2][place * width + i];
    }
  });
  const norm = (name, values) => layerNorm(values, weights[`${name}.norm.weight`], weights[`${name}.norm.bias`], model.epsilon);
  x = norm("encoder.embeddings", x);
  const maps = [];
  for (let number = 0; number < model.n_layers; number++) {
    const layer = layerOf(model, `encoder.layers.${number}`);
    let seen;
    [x, seen] = layer.own(x);
    maps.push(seen);
    x = layer.feed(x);
  }
  const logits = places.map((place) => {
    const dense = linear(row(x, place, width), weights["masked_tokens.dense.weight"], weights["masked_tokens.dense.bias"]);
    return linear(norm("masked_tokens", dense.map(ACTIVATIONS[model.activation])), parts[0], weights["masked_tokens.bias"]);
  });
  return { maps, logits };
}

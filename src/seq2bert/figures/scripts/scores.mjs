// The score functions, each as `prepare(keys)` once per source and `scores(query, prepared)` at each step.
// Their names and weights are those of seq2bert.attention.

import { dot, linear, row } from "./tensors.mjs";

const each = (keys, width, score) => {
  const result = new Float32Array(keys.length / width);
  for (let i = 0; i < result.length; i++) result[i] = score(row(keys, i, width), i);
  return result;
};
const norm = (x) => Math.max(Math.sqrt(dot(x, x)), 1e-12); // 1e-12: the least that torch divides by
const products = (query, keys) => each(keys, query.length, (key) => dot(query, key));

/** Return the score function of a model, with its weights. */
export function scoreFunction(name, weights) {
  const get = (key) => weights[`decoder.attention.score.${key}`];
  const same = (keys) => keys;
  switch (name) {
    case "dot":
      return { prepare: same, scores: products };
    case "scaled-dot":
      return { prepare: same, scores: (query, keys) => products(query, keys).map((s) => s / Math.sqrt(query.length)) };
    case "cosine": {
      const scale = Math.exp(get("log_scale")[0]);
      const cosine = (query, key) => (scale * dot(query, key)) / (norm(query) * norm(key));
      return { prepare: same, scores: (query, keys) => each(keys, query.length, (key) => cosine(query, key)) };
    }
    case "general": // qᵀ W k: the keys are projected once
      return { prepare: (keys) => linear(keys, get("weight")), scores: products };
    case "location":
      return {
        prepare: same,
        scores: (query, keys) => linear(query, get("weight")).slice(0, keys.length / keys.width),
      };
    case "additive":
      return network(get("weight_query"), get("weight_key"), get("vector"));
    case "concat": { // W [q; k] is the sum of two products
      const weight = get("weight");
      const query = weights["decoder.combine.weight"].rows; // as wide as the decoder's state
      return network(columns(weight, 0, query), columns(weight, query, weight.columns), get("vector"));
    }
  }
  throw new Error(`no score function is called ${name}`);
}

function columns(matrix, from, to) {
  const width = to - from;
  const result = new Float32Array(matrix.rows * width);
  for (let r = 0; r < matrix.rows; r++) result.set(row(matrix, r).subarray(from, to), r * width);
  return Object.assign(result, { rows: matrix.rows, columns: width });
}

function network(weightQuery, weightKey, vector) {
  const score = (query, key) => {
    let sum = 0;
    for (let j = 0; j < vector.length; j++) sum += vector[j] * Math.tanh(query[j] + key[j]);
    return sum;
  };
  return {
    prepare: (keys) => linear(keys, weightKey),
    scores: (query, keys) => {
      const projected = linear(query, weightQuery);
      return each(keys, vector.length, (key) => score(projected, key));
    },
  };
}

// Numbers: reading weights, and the operations that all models share. Matrices are rows in one Float32Array.
// Leaves out batches: a figure looks at one sentence.

// Of seq2bert.figures.four_bits: the values that four bits stand for, times the scale of a run.
const LEVELS = [
  -1, -0.6961928, -0.52507305, -0.39491749, -0.28444138, -0.18477343, -0.09105004, 0, 0.0795803, 0.1609302, 0.2461123,
  0.33791524, 0.44070983, 0.562617, 0.72295684, 1,
];

/** Read a file of weights: a length, a JSON header, then the numbers of all tensors in 16 bits or in four. */
export function readWeights(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const half = new Uint16Array(buffer, 4 + length); // the header is padded to an even length
  const single = halfToSingle();
  const models = {};
  let start = 0;
  for (const [name, model] of Object.entries(header)) {
    const tensors = {};
    for (const [key, entry] of Object.entries(model.tensors)) {
      const { shape = entry, group } = entry;
      const size = shape.reduce((a, b) => a * b, 1);
      const data = new Float32Array(size);
      if (group) {
        const codes = new Uint8Array(buffer, half.byteOffset + 2 * (start + size / group), size / 2);
        for (let i = 0; i < size; i += 2) {
          const scale = single[half[start + Math.trunc(i / group)]];
          data[i] = LEVELS[codes[i / 2] & 15] * scale;
          data[i + 1] = LEVELS[codes[i / 2] >> 4] * scale;
        }
        start += size / group + size / 4;
      } else {
        for (let i = 0; i < size; i++) data[i] = single[half[start + i]];
        start += size;
      }
      tensors[key] = Object.assign(data, { rows: shape[0] ?? 1, columns: shape[1] ?? 1 });
    }
    models[name] = { ...model, tensors };
  }
  return models;
}

function halfToSingle() {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) table[bits] = sign * 2 ** -24 * fraction;
    else if (exponent === 31) table[bits] = fraction ? NaN : sign * Infinity;
    else table[bits] = sign * 2 ** (exponent - 25) * (1024 + fraction);
  }
  return table;
}

/** Return x Wᵀ + b for each of the rows of x; W has one row an output. */
export function linear(x, weight, bias) {
  const { columns } = weight;
  const rows = x.length / columns;
  const outputs = weight.length / columns;
  const result = new Float32Array(rows * outputs);
  // Blocks of four rows and two outputs read each number once for several products: nearly three times as fast.
  const [blockRows, blockOutputs] = [rows - (rows % 4), outputs - (outputs % 2)];
  for (let r = 0; r < blockRows; r += 4) {
    for (let o = 0; o < blockOutputs; o += 2) block(x, r, weight, o, columns, result, outputs);
  }
  for (let r = 0; r < rows; r++) {
    for (let o = r < blockRows ? blockOutputs : 0; o < outputs; o++) {
      const [at, w] = [r * columns, o * columns];
      let sum = 0;
      for (let i = 0; i < columns; i++) sum += x[at + i] * weight[w + i];
      result[r * outputs + o] = sum;
    }
  }
  if (bias) for (let i = 0; i < result.length; i++) result[i] += bias[i % outputs];
  return result;
}

function block(x, r, weight, o, columns, result, outputs) {
  const [p, q, s, t] = [r * columns, (r + 1) * columns, (r + 2) * columns, (r + 3) * columns];
  const [v, w] = [o * columns, (o + 1) * columns];
  let [pv, qv, sv, tv, pw, qw, sw, tw] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < columns; i++) {
    const a = weight[v + i];
    const b = weight[w + i];
    pv += x[p + i] * a;
    qv += x[q + i] * a;
    sv += x[s + i] * a;
    tv += x[t + i] * a;
    pw += x[p + i] * b;
    qw += x[q + i] * b;
    sw += x[s + i] * b;
    tw += x[t + i] * b;
  }
  const at = r * outputs + o;
  [pv, qv, sv, tv].forEach((sum, i) => (result[at + i * outputs] = sum));
  [pw, qw, sw, tw].forEach((sum, i) => (result[at + i * outputs + 1] = sum));
}

export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function add(a, b) {
  return a.map((value, i) => value + b[i]);
}

export function concat(...parts) {
  const result = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

export function row(matrix, index, columns = matrix.columns) {
  return matrix.subarray(index * columns, (index + 1) * columns);
}

/** Turn scores into weights. Where `mask` forbids every key, all weights are 0. */
export function softmax(scores, mask) {
  let largest = -Infinity;
  for (let i = 0; i < scores.length; i++) if ((!mask || mask[i]) && scores[i] > largest) largest = scores[i];
  const weights = new Float32Array(scores.length);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    if (mask && !mask[i]) continue;
    weights[i] = Math.exp(scores[i] - largest);
    sum += weights[i];
  }
  if (sum > 0) for (let i = 0; i < weights.length; i++) weights[i] /= sum;
  return weights;
}

/** Average the rows of `values` with the given weights. */
export function average(weights, values, columns) {
  const result = new Float32Array(columns);
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    for (let j = 0; j < columns; j++) result[j] += weights[i] * values[i * columns + j];
  }
  return result;
}

export function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

export const sigmoid = (x) => 1 / (1 + Math.exp(-x));

export function layerNorm(x, weight, bias, epsilon) {
  const width = weight.length;
  const result = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    let mean = 0;
    for (let i = 0; i < width; i++) mean += x[at + i];
    mean /= width;
    let variance = 0;
    for (let i = 0; i < width; i++) variance += (x[at + i] - mean) ** 2;
    const scale = 1 / Math.sqrt(variance / width + epsilon);
    for (let i = 0; i < width; i++) result[at + i] = (x[at + i] - mean) * scale * weight[i] + bias[i];
  }
  return result;
}

export const ACTIVATIONS = { relu: (x) => Math.max(0, x), gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)) };

// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26; the error is below 1.5e-7.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

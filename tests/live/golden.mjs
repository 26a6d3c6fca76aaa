// Compare what the scripts answer with what PyTorch answered. Usage: node golden.mjs SCRIPTS < JSON; prints JSON.
//
// In: {figures: {name: {view, weights, cases: [{input, output}]}}}. Out: for each figure the largest difference of
// logits and of weights, how many answers differ in any text, and the slowest answer in milliseconds.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { VIEWS } = await import(pathToFileURL(`${process.argv[2]}/live.mjs`));
const { readWeights } = await import(pathToFileURL(`${process.argv[2]}/tensors.mjs`));

function compare(expected, found, name, result) {
  if (typeof expected === "number") {
    const kind = ["logits", "entropy", "places"].includes(name) ? "logits" : "weights";
    const difference = Math.abs(expected - found);
    result[kind] = Math.max(result[kind], Number.isFinite(difference) ? difference : Infinity);
    result.numbers += 1;
  } else if (typeof expected === "string") {
    result.texts += expected !== found ? 1 : 0;
  } else {
    const isList = Array.isArray(expected);
    if (isList && expected.length !== found?.length) result.texts += 1;
    for (const key of Object.keys(expected)) compare(expected[key], found?.[key], isList ? name : key, result);
  }
}

const { figures } = JSON.parse(readFileSync(0, "utf8"));
const results = {};
for (const [figure, { view, weights, cases }] of Object.entries(figures)) {
  let models = {};
  if (weights) {
    const bytes = readFileSync(weights);
    models = readWeights(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }
  const result = { logits: 0, weights: 0, numbers: 0, texts: 0, different: 0, cases: cases.length, milliseconds: [] };
  for (const { input, output } of cases) {
    const before = result.texts;
    const start = performance.now();
    const answer = VIEWS[view].answer(models, input);
    result.milliseconds.push(performance.now() - start);
    compare(output, answer, "", result);
    if (result.texts > before) result.different += 1;
  }
  results[figure] = result;
}
process.stdout.write(JSON.stringify(results));

// What the scripts answer. Usage: node golden.mjs SCRIPTS < JSON; prints JSON.
//
// In: {figures: {name: {view, weights, inputs: [...]}}}. Out: for each figure its answers, and the milliseconds of each.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { VIEWS } = await import(pathToFileURL(`${process.argv[2]}/live.mjs`));
const { readWeights } = await import(pathToFileURL(`${process.argv[2]}/tensors.mjs`));

const { figures } = JSON.parse(readFileSync(0, "utf8"));
const results = {};
for (const [figure, { view, weights, inputs }] of Object.entries(figures)) {
  let models = {};
  if (weights) {
    const bytes = readFileSync(weights);
    models = readWeights(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }
  const result = { answers: [], milliseconds: [] };
  for (const input of inputs) {
    const start = performance.now();
    result.answers.push(VIEWS[view].answer(models, input));
    result.milliseconds.push(performance.now() - start);
  }
  results[figure] = result;
}
// Typed arrays are lists for whoever compares.
process.stdout.write(JSON.stringify(results, (_, value) => (ArrayBuffer.isView(value) ? [...value] : value)));

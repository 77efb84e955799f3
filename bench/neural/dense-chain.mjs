// A training step of the chain 94-32-16-8-5: ReLU, squared error, Adam, all rows at once.
// Usage: node bench/neural/dense-chain.mjs [--rows=180000] [--repeats=15]
import { initialValues, linearParameters } from '@ml4t/core/nn';
import { parseArgs } from 'node:util';
import { reportSteps, uniformNumbers } from './engine-step.mjs';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '180000' }, repeats: { type: 'string', default: '15' } },
});
const rows = Number(values.rows);
const widths = [94, 32, 16, 8, 5];

await reportSteps(
  (engine) => {
    const data = uniformNumbers(rows * widths[0], 1);
    const target = Float32Array.from({ length: rows * 5 }, (_, i) => {
      const at = Math.floor(i / 5) * widths[0] + (i % 5);
      return data[at] * data[at + 7];
    });
    const x = engine.tensor(data, [rows, widths[0]]);
    const y = engine.tensor(target, [rows, 5]);
    const specs = Object.assign({}, ...widths.slice(1).map((n, i) => linearParameters(`layer.${i}`, widths[i], n)));
    const parameters = engine.parameters(initialValues(specs, 1));
    const optimizer = engine.optimizer(parameters);
    const p = parameters.tensors;
    return async () => {
      const loss = await optimizer.accumulate((ops) => {
        let h = x;
        for (let i = 0; i < widths.length - 1; i++)
          h = ops.dense(h, {
            weight: p[`layer.${i}.weight`],
            bias: p[`layer.${i}.bias`],
            activation: i < widths.length - 2 ? 'relu' : 'identity',
          });
        return ops.meanSquaredError(h, y);
      });
      await optimizer.apply();
      return loss;
    };
  },
  { repeats: Number(values.repeats), warmup: 5 },
);

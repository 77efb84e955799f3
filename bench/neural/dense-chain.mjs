// A full training step of the chain 94-32-16-8-5 with ReLU, squared error and Adam on 180,000 rows.
import { initialValues, linearParameters } from '@ml4t/core/nn';
import { measure, uniform } from './measure.mjs';

const rows = 180_000;
const widths = [94, 32, 16, 8, 5];
const x = uniform(rows * widths[0]);
const y = Float32Array.from({ length: rows * 5 }, (_, i) => x[i] * x[i + 7]);

await measure('dense chain 94-32-16-8-5, 180,000 rows', async (engine) => {
  const X = engine.tensor(x, [rows, widths[0]]);
  const Y = engine.tensor(y, [rows, 5]);
  const layers = widths.slice(1).map((n, i) => linearParameters(`layer.${i}`, widths[i], n));
  const parameters = engine.parameters(initialValues(Object.assign({}, ...layers), 1));
  const optimizer = engine.optimizer(parameters);
  const p = parameters.tensors;
  return async () => {
    await optimizer.accumulate((ops) => {
      let h = X;
      layers.forEach((_, i) => {
        const activation = i < layers.length - 1 ? 'relu' : 'identity';
        h = ops.dense(h, { weight: p[`layer.${i}.weight`], bias: p[`layer.${i}.bias`], activation });
      });
      return ops.meanSquaredError(h, Y);
    });
    await optimizer.apply();
  };
});

// A supervised autoencoder's main body: 4096 rows, 190-896-448-448-256 with batch norm, swish and dropout; and its share
// of the product kernel's own peak, taken from the plain chain without them.
import { batchNormLayer, batchNormParameters, initialValues, linearParameters } from '@ml4t/core/nn';
import { measure, uniform } from './measure.mjs';

const rows = 4096;
const widths = [190, 896, 448, 448, 256];
const x = uniform(rows * widths[0]);

for (const plain of [true, false])
  await measure(
    plain ? 'wide layers, products alone' : 'wide layers with batch norm, swish, dropout',
    async (engine) => {
      const X = engine.tensor(x, [rows, widths[0]]);
      const specs = {};
      widths.slice(1).forEach((n, i) => {
        Object.assign(specs, linearParameters(`layer.${i}`, widths[i], n));
        if (!plain) Object.assign(specs, batchNormParameters(`norm.${i}`, n));
      });
      const parameters = engine.parameters(initialValues(specs, 1));
      const optimizer = engine.optimizer(parameters);
      const p = parameters.tensors;
      let seed = 0;
      return async () => {
        await optimizer.accumulate(
          (ops) => {
            let h = X;
            for (let i = 0; i < widths.length - 1; i++)
              h = ops.dense(h, {
                weight: p[`layer.${i}.weight`],
                bias: p[`layer.${i}.bias`],
                ...(plain ? {} : { norm: batchNormLayer(p, `norm.${i}`), activation: 'silu', dropout: 0.3 }),
              });
            return ops.mean(ops.square(h));
          },
          { seed: seed++ },
        );
        await optimizer.apply();
      };
    },
    { repeats: 5, warmup: 2 },
  );

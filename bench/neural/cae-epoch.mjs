// An epoch of a conditional autoencoder: 108,000 rows x 94, five factors linear in 95 managed portfolios, one hidden layer of 32
// with batch norm, L1 on its weights, batches of 10,000. Rows are gathered from one resident panel.
import { batchNormLayer, batchNormParameters, initialValues, linearParameters } from '@ml4t/core/nn';
import { miniBatches, train } from '@ml4t/core/train';
import { measure, uniform } from './measure.mjs';

const [dates, assets, P, K] = [360, 300, 94, 5];
const rows = dates * assets;
const x = uniform(rows * P);
const returns = uniform(rows, 3);
const portfolios = uniform(dates * (P + 1), 5);

async function prepare(engine, hidden) {
  const X = engine.tensor(x, [rows, P]);
  const R = engine.tensor(returns, [rows]);
  const M = engine.tensor(portfolios, [dates, P + 1]);
  const specs = { ...linearParameters('factors', P + 1, K, { bias: false }) };
  const widths = [P, ...hidden];
  hidden.forEach((n, i) =>
    Object.assign(specs, linearParameters(`hidden.${i}`, widths[i], n), batchNormParameters(`norm.${i}`, n)),
  );
  Object.assign(specs, linearParameters('beta', widths[hidden.length], K));
  const parameters = engine.parameters(initialValues(specs, 1));
  const optimizer = engine.optimizer(parameters);
  const loss = (ops, p, batch) => {
    let h = ops.rows(X, batch);
    let penalty = ops.constant([0], []);
    hidden.forEach((_, i) => {
      const weight = p[`hidden.${i}.weight`];
      h = ops.dense(h, {
        weight,
        bias: p[`hidden.${i}.bias`],
        norm: batchNormLayer(p, `norm.${i}`),
        activation: 'relu',
      });
      penalty = ops.add(penalty, ops.sum(ops.abs(weight)));
    });
    const beta = ops.linear(h, p['beta.weight'], p['beta.bias']);
    const factors = ops.linear(M, p['factors.weight']);
    const date = batch.map((row) => Math.floor(row / assets));
    const fitted = ops.rowDot(beta, ops.rows(factors, date));
    return ops.add(ops.meanSquaredError(fitted, ops.rows(R, batch)), ops.scale(penalty, 1e-4));
  };
  let seed = 0;
  return () =>
    train({
      engine,
      parameters,
      optimizer,
      loss,
      batches: (_, generator) => miniBatches(rows, 10_000, generator),
      epochs: 1,
      seed: seed++,
    });
}

await measure('conditional autoencoder (32), one epoch', (engine) => prepare(engine, [32]), { repeats: 9 });
await measure('conditional autoencoder (32, 16, 8), one epoch', (engine) => prepare(engine, [32, 16, 8]), {
  repeats: 9,
});

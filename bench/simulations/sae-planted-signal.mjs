// The planted nonlinear signal (simulateNonlinearSignalPanel; docs/models/sae.md): rank IC out of sample of the default
// supervised autoencoder beside ridge regression and the oracle. Training 150 dates, validation 30, test 60; N = 200, P = 10.
// Usage: node bench/simulations/sae-planted-signal.mjs [seeds = 1,2,3,4,5] [JSON of config changes]
import { rankInformationCoefficient } from '@ml4t/core';
import { gram, matrix, multiply, solvePositiveDefinite } from '@ml4t/core/linalg';
import { simulateNonlinearSignalPanel } from '@ml4t/core/simulate';
import { SAEModel } from '@ml4t/sae';

const seeds = (process.argv[2] ?? '1,2,3,4,5').split(',').map(Number);
const changes = JSON.parse(process.argv[3] ?? '{}');
const [trainEnd, validationEnd] = [150, 180];

/** Pooled ridge of standardised returns on characteristics and a constant; penalties from 0 to 1 of the diagonal, by validation IC. */
function ridgeSignal(train, validation, test) {
  const p = train.nCharacteristics + 1;
  const design = (batch) => {
    const x = new Float64Array(batch.nRows * p);
    for (let row = 0; row < batch.nRows; row++) {
      x[row * p] = 1;
      for (let j = 1; j < p; j++) x[row * p + j] = batch.characteristics[row * (p - 1) + j - 1];
    }
    return matrix(batch.nRows, p, x);
  };
  const x = design(train);
  const xy = multiply(x, matrix(train.nRows, 1, train.returns), { transposeA: true });
  let best = { ic: -Infinity };
  for (const penalty of [0, 1e-3, 1e-2, 1e-1, 1]) {
    const xx = gram(x);
    for (let j = 1; j < p; j++) xx.data[j * p + j] *= 1 + penalty;
    const beta = solvePositiveDefinite(xx, xy);
    const predict = (batch) => multiply(design(batch), beta).data;
    const ic = rankInformationCoefficient(validation.index, predict(validation), validation.returns).mean;
    if (ic > best.ic) best = { ic, signal: predict(test) };
  }
  return best.signal;
}

const rows = [];
console.log('seed  oracle  ridge   sae     sae/oracle  best epoch  seconds');
for (const seed of seeds) {
  const { batch, signal } = simulateNonlinearSignalPanel({ seed, nAssets: 200, nDates: 240, nCharacteristics: 10 });
  const [train, validation, test] = [
    batch.slice(0, trainEnd),
    batch.slice(trainEnd, validationEnd),
    batch.slice(validationEnd),
  ];
  const ic = (values) => rankInformationCoefficient(test.index, values, test.returns).mean;
  const model = new SAEModel({ seed, ...changes });
  const summary = await model.fit(train, {
    validation,
    onProgress: ({ step, metrics }) => process.env.VERBOSE && console.log(step, JSON.stringify(metrics)),
  });
  const { signals } = await model.predict(test);
  const result = {
    oracle: ic(signal.subarray(batch.index.rowOffsets[validationEnd])),
    ridge: ic(ridgeSignal(train, validation, test)),
    sae: ic(signals),
  };
  rows.push(result);
  const best = summary.history.reduce((a, b) => (b.metrics.validationLoss < a.metrics.validationLoss ? b : a)).step;
  console.log(
    [
      seed,
      ...Object.values(result).map((v) => v.toFixed(4)),
      (result.sae / result.oracle).toFixed(3).padEnd(10),
      best,
      summary.runRecord.seconds.toFixed(0),
    ].join('   '),
  );
}
const mean = (key) => rows.reduce((sum, row) => sum + row[key], 0) / rows.length;
console.log(
  `mean  oracle ${mean('oracle').toFixed(4)}, ridge ${mean('ridge').toFixed(4)}, sae ${mean('sae').toFixed(4)}; ` +
    `sae above ridge on ${rows.filter(({ sae, ridge }) => sae > ridge).length} of ${rows.length} seeds`,
);

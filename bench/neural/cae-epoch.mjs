// An epoch of CAEModel.fit, one member, 5 factors, one hidden layer of 32 with batch norm, mini-batches of 10,000 rows. Epochs are
// timed from the progress of one fit, the first two left out.
// Usage: node bench/neural/cae-epoch.mjs [--dates=360] [--assets=300] [--characteristics=94] [--epochs=12] [--factors=managed] [--precision=float32] [--engine=embedded]
import { CrossSectionBatch, PanelIndex } from '@ml4t/core';
import { CAEModel } from '@ml4t/latent-factors';
import { parseArgs } from 'node:util';
import { engineChoice, report, threads } from '../report.mjs';
import { uniformNumbers } from './engine-step.mjs';

const { values } = parseArgs({
  options: {
    dates: { type: 'string', default: '360' },
    assets: { type: 'string', default: '300' },
    characteristics: { type: 'string', default: '94' },
    epochs: { type: 'string', default: '12' },
    factors: { type: 'string', default: 'managed' },
    batching: { type: 'string', default: 'rows' },
    precision: { type: 'string', default: 'float32' },
    engine: { type: 'string', default: 'embedded' },
  },
});
const [T, N, P, epochs] = ['dates', 'assets', 'characteristics', 'epochs'].map((name) => Number(values[name]));
const signals = 3;

function panel() {
  const size = T * N * P;
  const characteristics = uniformNumbers(
    size,
    1,
    values.precision === 'float32' ? new Float32Array(size) : new Float64Array(size),
  );
  const premia = uniformNumbers(T * signals, 3);
  // Returns load on the first three characteristics, one nonlinearly. The noise is there first, and nothing is left to collect.
  const returns = uniformNumbers(T * N, 2, new Float64Array(T * N));
  for (let row = 0; row < T * N; row++) {
    const z = row * P;
    const f = Math.floor(row / N) * signals;
    const signal =
      characteristics[z] * premia[f] +
      characteristics[z + 1] ** 2 * premia[f + 1] +
      characteristics[z + 2] * premia[f + 2];
    returns[row] = 0.1 * signal + 0.1 * returns[row];
  }
  return new CrossSectionBatch({
    index: PanelIndex.full(
      Float64Array.from({ length: T }, (_, t) => Date.UTC(1990, t + 1, 0)),
      Array.from({ length: N }, (_, i) => `a${i}`),
    ),
    characteristicNames: Array.from({ length: P }, (_, j) => `c${j}`),
    characteristics,
    returns,
  });
}

const model = new CAEModel({
  nFactors: 5,
  hiddenUnits: [32],
  factors: /** @type {'managed' | 'regression'} */ (values.factors),
  batching: values.factors === 'managed' ? /** @type {'rows' | 'dates'} */ (values.batching) : 'dates',
  batchSize: 10_000,
  ensembleSize: 1,
  nEpochs: epochs + 2,
  checkpointInterval: null,
  ...engineChoice(values.engine),
});
const ends = [];
const losses = [];
const summary = await model.fit(panel(), {
  onProgress({ metrics }) {
    ends.push(performance.now());
    losses.push(metrics?.loss);
  },
});
report({
  seconds: ends.slice(2).map((end, i) => (end - ends[i + 1]) / 1000),
  threads,
  backend: summary.runRecord.engine,
  quality: { loss: losses.at(-1) },
});

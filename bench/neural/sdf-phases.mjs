// Training of the SDF model on T = 120 dates, N = 1000 assets, P = 46 characteristics, Q = 20 context series, default networks, one
// gradient step an epoch as in the reference, without a validation batch.
// --phase=unconditional|moment|conditional: seconds per epoch of that phase. --phase=schedule: seconds of a whole fit with
// 256 / 64 / 1024 epochs over --share. --phase=beta: seconds per epoch of the beta network, on given discount factors.
// Usage: node bench/neural/sdf-phases.mjs --phase=unconditional [--epochs=9] [--share=16] [--engine=embedded] [--threads=2]
import { CrossSectionBatch, StochasticDiscountFactorState } from '@ml4t/core';
import { StochasticDiscountFactorBetaNetworkHead, StochasticDiscountFactorModel } from '@ml4t/sdf';
import { parseArgs } from 'node:util';
import { engineChoice, report, threads } from '../report.mjs';
import { uniform } from '../uniform.mjs';

const { values } = parseArgs({
  options: {
    phase: { type: 'string', default: 'unconditional' },
    epochs: { type: 'string', default: '9' },
    share: { type: 'string', default: '16' },
    engine: { type: 'string', default: 'embedded' },
    threads: { type: 'string' },
  },
});
const [T, N, P, Q] = [120, 1000, 46, 20];
const batch = CrossSectionBatch.fromArrays({
  timestamps: Float64Array.from({ length: T }, (_, t) => Date.UTC(2000, t + 1, 0)),
  rowOffsets: Int32Array.from({ length: T + 1 }, (_, t) => t * N),
  assetIndex: Int32Array.from({ length: T * N }, (_, row) => row % N),
  assetIds: Array.from({ length: N }, (_, i) => `asset${i}`),
  characteristicNames: Array.from({ length: P }, (_, j) => `c${j}`),
  characteristics: uniform(T * N * P, 1),
  returns: uniform(T * N, 2).map((r) => 0.1 * r),
  contextNames: Array.from({ length: Q }, (_, j) => `x${j}`),
  contextFeatures: uniform(T * Q, 3),
});
const epochs = Number(values.epochs);
const share = Number(values.share);
const schedules = {
  unconditional: { nEpochsUnc: epochs, nEpochsMoment: 0, nEpochsCond: 0 },
  moment: { nEpochsUnc: 1, nEpochsMoment: epochs, nEpochsCond: 1 },
  conditional: { nEpochsUnc: 1, nEpochsMoment: 1, nEpochsCond: epochs },
  schedule: { nEpochsUnc: 256 / share, nEpochsMoment: 64 / share, nEpochsCond: 1024 / share },
};
const engine = engineChoice(values.engine, Number(values.threads ?? threads));
const running = { subEpochs: 1, ...engine };
// The scale of the reference's outputs and its optimizer, so that both sides minimise the same loss in the same way.
const newModel = () =>
  new StochasticDiscountFactorModel({
    ...schedules[values.phase],
    ...running,
    normalizeByAssetCount: false,
    carryOptimizer: true,
  });
const marks = [];
const onProgress = ({ phase }) => marks.push({ phase, at: performance.now() });

/** Trains on discount factors that are given: what a model gave them for is no part of the time. */
function fitBetaHead() {
  const sdfValues = uniform(T, 4).map((u) => 1 + 0.1 * u);
  const state = new StochasticDiscountFactorState({ index: batch.index, weights: new Float64Array(T * N), sdfValues });
  const head = new StochasticDiscountFactorBetaNetworkHead({ nEpochs: epochs, ...running });
  return head.fit({ batch, state }, { onProgress });
}

const started = performance.now();
const { history, runRecord } = await (values.phase === 'beta' ? fitBetaHead() : newModel().fit(batch, { onProgress }));
const whole = (marks[marks.length - 1].at - started) / 1000;
const own = marks.filter(({ phase }) => values.phase === 'beta' || phase === values.phase).map(({ at }) => at);
report({
  seconds: values.phase === 'schedule' ? [whole] : own.slice(1).map((at, i) => (at - own[i]) / 1000),
  threads: engine.threads ?? threads,
  backend: runRecord.engine,
  quality: { loss: history[history.length - 1].metrics.loss },
});

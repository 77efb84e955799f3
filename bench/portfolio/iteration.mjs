// Seconds of a training step (forward, objective, backward, clipping, AdamW) of a portfolio model at its default sizes, on all B
// windows at once; the linear model with the bounded head, as the networks have it, from its ridge regression. Compare with bench/peers/portfolio.py.
// Usage: node bench/portfolio/iteration.mjs [--model=lstm] [--windows=64] [--steps=63] [--assets=20] [--features=10] [--repeats=8] [--engine=embedded]
import { PortfolioSequenceBatch } from '@ml4t/core';
import { DeepPortfolioModel, LinearFeaturePortfolioModel, LSTMPortfolioModel } from '@ml4t/portfolio';
import { parseArgs } from 'node:util';
import { engineChoice, report, threads } from '../report.mjs';
import { uniform } from '../uniform.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'lstm' },
    windows: { type: 'string', default: '64' },
    steps: { type: 'string', default: '63' },
    assets: { type: 'string', default: '20' },
    features: { type: 'string', default: '10' },
    repeats: { type: 'string', default: '8' },
    warmup: { type: 'string', default: '2' },
    engine: { type: 'string', default: 'embedded' },
    threads: { type: 'string' },
  },
});
const [B, T, N, F, repeats, warmup] = [
  values.windows,
  values.steps,
  values.assets,
  values.features,
  values.repeats,
  values.warmup,
].map(Number);
const batch = new PortfolioSequenceBatch({
  features: uniform(B * T * N * F, 1),
  shape: [B, T, N, F],
  forwardReturns: uniform(B * T * N, 2).map((u) => 0.01 * u),
  costs: new Float64Array(N).fill(2e-4),
  timestamps: Float64Array.from({ length: T }, (_, t) => t * 864e5),
});
// Progress comes after every step, and there is nothing between two calls but a step.
const config = {
  batchSize: B,
  nSteps: warmup + repeats,
  evalEvery: 1,
  validationShare: 0,
  ...engineChoice(values.engine, Number(values.threads ?? threads)),
};
const models = {
  linear: () => new LinearFeaturePortfolioModel({ ...config, head: 'bounded', learningRate: 1e-3 }),
  lstm: () => new LSTMPortfolioModel(config),
  deep: () => new DeepPortfolioModel(config),
};
const model = models[values.model]();
const marks = [];
let peakBytes = 0;
const { runRecord, history } = await model.fit(batch, {
  onProgress: () => {
    marks.push(performance.now() / 1000);
    peakBytes = process.resourceUsage().maxRSS * 1024;
  },
});
report({
  seconds: marks.slice(warmup).map((mark, i) => mark - marks[warmup + i - 1]),
  threads: config.threads ?? threads,
  backend: runRecord.engine,
  peakBytes,
  quality: {
    parameters: runRecord.dimensions.weights ?? F + 1,
    firstObjective: history[0].trainObjective,
    lastObjective: history[history.length - 1].trainObjective,
    ...(runRecord.dimensions.engineBytes ? { engineMegabytes: runRecord.dimensions.engineBytes / 2 ** 20 } : {}),
  },
});

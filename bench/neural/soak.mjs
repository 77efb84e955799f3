// Many small fits one after another in one process: memory must not grow with their number.
// quality.rssPerThousand and quality.heapPerThousand: MB that the process and its heap grow by in 1,000 fits, the slope of least
// squares over the last two thirds of the fits, after a collection at every point.
// Usage: node soak.mjs --model=ipca|cae|lstm [--fits=10000]
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { PortfolioSequenceBatch, Random } from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { CAEModel, IPCAModel } from '@ml4t/latent-factors';
import { LSTMPortfolioModel } from '@ml4t/portfolio';
import { report } from '../report.mjs';

const text = /** @type {const} */ ({ type: 'string' });
const { values } = parseArgs({ options: { model: text, fits: text } });
const fits = Number(values.fits ?? 10_000);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const { batch } = simulateConditionalFactorPanel({ nAssets: 12, nDates: 16, nCharacteristics: 3 });
const random = new Random(1);
const windows = new PortfolioSequenceBatch({
  shape: [4, 6, 3, 2],
  features: Float64Array.from({ length: 4 * 6 * 3 * 2 }, () => random.normal()),
  forwardReturns: Float64Array.from({ length: 4 * 6 * 3 }, () => 0.02 * random.normal()),
  timestamps: Array.from({ length: 6 }, (_, t) => t * 86_400_000),
});
/** @type {Readonly<Record<string, () => Promise<unknown>>>} */
const models = {
  ipca: () => new IPCAModel({ nFactors: 2 }).fit(batch),
  cae: () => new CAEModel({ nFactors: 2, ensembleSize: 1, nEpochs: 1, hiddenUnits: [4], threads: 1 }).fit(batch),
  lstm: () => new LSTMPortfolioModel({ hiddenSize: 2, vvsnHiddenDim: 2, nSteps: 1, threads: 1 }).fit(windows),
};
const fit = models[String(values.model)];

const points = [];
/** Of a fit, on average over every hundredth of the fits. */
const seconds = [];
const every = Math.max(1, Math.floor(fits / 100));
let start = performance.now();
for (let done = 0; done < fits; done++) {
  await fit();
  if ((done + 1) % every !== 0) continue;
  seconds.push((performance.now() - start) / 1000 / every);
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  if (done >= fits / 3) points.push({ fits: done, rss, heapUsed });
  start = performance.now();
}
const slope = (key) => {
  const meanX = points.reduce((sum, point) => sum + point.fits, 0) / points.length;
  const meanY = points.reduce((sum, point) => sum + point[key], 0) / points.length;
  const covariance = points.reduce((sum, point) => sum + (point.fits - meanX) * (point[key] - meanY), 0);
  return (1000 * covariance) / points.reduce((sum, point) => sum + (point.fits - meanX) ** 2, 0) / 1e6;
};
report({
  seconds,
  backend: 'embedded',
  quality: { fits, rssPerThousand: slope('rss'), heapPerThousand: slope('heapUsed') },
});

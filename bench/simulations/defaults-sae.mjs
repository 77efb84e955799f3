// Evidence for `targetScaling` of the supervised autoencoder (docs/decisions/defaults.md): rank IC out of sample on small panels of the planted
// nonlinear signal, with a small network, so that a run takes seconds. Training 90 dates, validation 30, test 60; P = 6.
// Usage: node bench/simulations/defaults-sae.mjs [first-last seed]
import { rankInformationCoefficient } from '@ml4t/core';
import { CounterRandom } from '@ml4t/core/nn';
import { simulateNonlinearSignalPanel } from '@ml4t/core/simulate';
import { SAEModel } from '@ml4t/sae';

const [from, to] = (process.argv[2] ?? '1-10').split('-').map(Number);
const each = Array.from({ length: to - from + 1 }, (_, i) => from + i);
const network = { bottleneckDim: 16, auxHiddenDim: 16, mainHiddenUnits: [48, 24], mainDropout: 0.1, auxDropout: 0.1 };
const schedule = { nEpochs: 30, batchSize: 256, learningRate: 3e-3 };
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const summary = (x) =>
  `${mean(x).toFixed(3)} (se ${Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2)) / (x.length - 1)).toFixed(3)})`;

/** Every return times a scale of its date whose logarithm is an AR(1). */
function clustered(batch, seed) {
  const draw = new CounterRandom(seed).fork('volatility');
  const returns = batch.returns.slice();
  let level = 0;
  for (let t = 0; t < batch.nDates; t++) {
    level = 0.95 * level + 0.3 * draw.normal();
    for (let row = batch.index.rowOffsets[t]; row < batch.index.rowOffsets[t + 1]; row++)
      returns[row] *= Math.exp(level);
  }
  return batch.withReturns(returns);
}

/** Student t noise with 2.5 degrees of freedom, of which the panel's own noise is a part. */
function heavyTailed(batch, seed) {
  const draw = new CounterRandom(seed).fork('tails');
  return batch.withReturns(
    batch.returns.map((r) => {
      const chi = draw.normal() ** 2 + draw.normal() ** 2 + draw.normal() ** 2 / 2;
      return r + (0.03 * draw.normal()) / Math.sqrt(chi / 2.5);
    }),
  );
}

const designs = {
  'as documented': { nAssets: 100 },
  'market sd .10, volatility clusters': { nAssets: 100, marketSd: 0.1, change: clustered },
  'heavy tails': { nAssets: 100, change: heavyTailed },
  '12 assets': { nAssets: 12, correlation: 0.4 },
};
const variants = {
  standardize: { targetScaling: 'standardize' },
  'cross-sectional-z': { targetScaling: 'cross-sectional-z' },
  'cross-sectional-rank': { targetScaling: 'cross-sectional-rank' },
  'rank-ic': { objective: 'rank-ic' },
};

for (const [design, { change = (batch) => batch, ...panel }] of Object.entries(designs))
  for (const [name, options] of Object.entries(variants)) {
    const found = [];
    for (const seed of each) {
      const { batch: plain } = simulateNonlinearSignalPanel({
        seed,
        nDates: 180,
        nCharacteristics: 6,
        correlation: 0.2,
        ...panel,
      });
      const batch = change(plain, seed);
      const [train, validation, test] = [batch.slice(0, 90), batch.slice(90, 120), batch.slice(120)];
      const model = new SAEModel({ seed, ...network, ...schedule, ...options });
      await model.fit(train, { validation });
      const { signals } = await model.predict(test);
      found.push(rankInformationCoefficient(test.index, signals, test.returns).mean);
    }
    console.log(`${design}, ${name}: IC ${summary(found)}  ${found.map((ic) => ic.toFixed(2)).join(' ')}`);
  }

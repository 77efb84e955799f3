// Evidence for defaults of portfolio models (docs/decisions/defaults.md), on small panels with short schedules.
// Usage: node bench/simulations/defaults-portfolio.mjs [head|scale|annual|ensemble] [first-last seed]
//   head: annual Sharpe ratio after costs, out of sample, of the linear model by head
//   scale: leverage of a price that hardly moves, with and without a bound on the volatility scale
//   annual: the Sharpe ratio of a fit on monthly dates
//   ensemble: gross exposure of long-short ensembles
import { annualizedSharpeRatio, PersistentPanelBatch, portfolioWindows } from '@ml4t/core';
import { CounterRandom } from '@ml4t/core/nn';
import * as portfolio from '@ml4t/portfolio';

const [only, seeds = '1-10'] = process.argv.slice(2);
const [from, to] = seeds.split('-').map(Number);
const each = Array.from({ length: to - from + 1 }, (_, i) => from + i);
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const summary = (x) =>
  `${mean(x).toFixed(3)} (se ${Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2)) / (x.length - 1)).toFixed(3)})`;
const DAY = 86400e3;

/**
 * Daily returns of ten assets, sd one per cent, on a feature that is persistent: common to all assets (a share `timing` of its
 * variance), or their own; beside a premium, which no feature moves.
 */
function simulate({ seed, timing, strength, premium = 0, market = 0, nAssets = 10, nDates = 1600, days = 1 }) {
  const draw = new CounterRandom(seed);
  const features = new Float64Array(nDates * nAssets * 2);
  const returns = new Float64Array(nDates * nAssets);
  let common = draw.normal();
  const own = Array.from({ length: nAssets }, () => draw.normal());
  for (let t = 0; t < nDates; t++) {
    common = 0.95 * common + Math.sqrt(1 - 0.95 ** 2) * draw.normal();
    const shock = market * draw.normal();
    for (let i = 0; i < nAssets; i++) {
      own[i] = 0.95 * own[i] + Math.sqrt(1 - 0.95 ** 2) * draw.normal();
      const signal = Math.sqrt(timing) * common + Math.sqrt(1 - timing) * own[i];
      features[(t * nAssets + i) * 2] = signal;
      features[(t * nAssets + i) * 2 + 1] = draw.normal();
      returns[t * nAssets + i] = premium + shock + 0.01 * (strength * signal + draw.normal());
    }
  }
  return new PersistentPanelBatch({
    timestamps: Float64Array.from({ length: nDates }, (_, t) => Date.UTC(2000, 0, 3) + days * DAY * t),
    assetIds: Array.from({ length: nAssets }, (_, i) => `a${i}`),
    returns,
    characteristicNames: ['signal', 'noise'],
    characteristics: features,
  });
}

const windows = (panel, first, last) =>
  portfolioWindows(panel.slice(first, last), { windowLength: 20, costs: panel.assetIds.map(() => 2e-4) }).batch;

if (!only || only === 'head') {
  const designs = {
    timing: { timing: 1, strength: 0.08 },
    'cross-section': { timing: 0, strength: 0.08 },
    both: { timing: 0.5, strength: 0.08 },
    'cross-section, market shocks': { timing: 0, strength: 0.08, market: 0.01 },
    'cross-section, large market shocks': { timing: 0, strength: 0.08, market: 0.03 },
    premium: { timing: 0, strength: 0, premium: 4e-4 },
  };
  for (const [design, options] of Object.entries(designs))
    for (const head of ['long-short', 'bounded', 'long-only']) {
      const found = [];
      for (const seed of each) {
        const panel = simulate({ seed, ...options });
        const model = new portfolio.LinearFeaturePortfolioModel({ seed, head, nSteps: 200, gammaCost: 1 });
        await model.fit(windows(panel, 0, 800), { validation: windows(panel, 800, 1000) });
        const test = windows(panel, 1000, 1600);
        const { weights } = await model.predict(test);
        const conventions = { ...portfolio.defaultConventions, budget: 'none', gammaCost: 1 };
        const { net } = portfolio.evaluatePortfolio(test, weights, conventions, portfolio.consecutiveWindows(test));
        found.push(annualizedSharpeRatio(net, 252));
      }
      console.log(`${design}, ${head}: net SR ${summary(found)}  ${found.map((x) => x.toFixed(1)).join(' ')}`);
    }
}

if (!only || only === 'ensemble')
  for (const [name, config] of Object.entries({
    'one member': { ensembleSize: 1 },
    'four members': { ensembleSize: 4 },
  })) {
    const gross = [];
    for (const seed of each) {
      const panel = simulate({ seed, timing: 0, strength: 0.08, nAssets: 6, nDates: 400 });
      const model = new portfolio.LSTMPortfolioModel({
        ...{ seed, head: 'long-short', nSteps: 10, hiddenDim: 4, vvsnHiddenDim: 4, validationShare: 0 },
        ...config,
      });
      await model.fit(windows(panel, 0, 300));
      const { weights } = await model.predict(windows(panel, 300, 400));
      for (let row = 0; row < weights.length; row += 6)
        gross.push(weights.subarray(row, row + 6).reduce((sum, w) => sum + Math.abs(w), 0));
    }
    console.log(`${name}: gross exposure mean ${mean(gross).toFixed(3)}, least ${Math.min(...gross).toFixed(3)}`);
  }

if (!only || only === 'annual')
  for (const [name, days] of Object.entries({ daily: 1, weekly: 7, monthly: 30 })) {
    const panel = simulate({ seed: 1, timing: 0, strength: 0.1, days });
    const model = new portfolio.EqualWeightPortfolioModel();
    const { trainMetrics } = await model.fit(windows(panel, 0, 800));
    console.log(`${name} dates: equal weights, annual Sharpe ratio ${trainMetrics.sharpe.toFixed(3)}`);
  }

if (!only || only === 'scale') {
  for (const maxScale of [undefined, Infinity]) {
    const largest = [];
    for (const seed of each) {
      const panel = simulate({ seed, timing: 0, strength: 0, nAssets: 5, nDates: 300 });
      // The last asset moves by a tick of two basis points every fortieth day.
      for (let t = 0; t < 300; t++) panel.returns[t * 5 + 4] = t % 40 === 0 ? 2e-4 : t % 40 === 1 ? -2e-4 : 0;
      const volatility = { halfLife: 21, target: 0.1, periodsPerYear: 252, ...(maxScale ? { maxScale } : {}) };
      const { batch } = portfolioWindows(panel, { windowLength: 20, volatility });
      largest.push(batch.volScale.reduce((most, v, cell) => (batch.mask[cell] ? Math.max(most, v) : most), 0));
    }
    console.log(`maxScale ${maxScale ?? 'default'}: largest volatility scale ${summary(largest)}`);
  }
}

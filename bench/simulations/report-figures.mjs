// Figures of a report that depend on how they are counted: turnover with dates between test windows, deciles of tied forecasts, the bias
// of the tangency portfolio's Sharpe ratio, total R2 of pure noise with factors of the same date, R2 of managed portfolios
// in other units, ratios of returns that do not vary. One line a figure.
// Usage: node bench/simulations/report-figures.mjs
import {
  CrossSectionBatch,
  PanelIndex,
  Random,
  factorModelReport,
  managedPortfolioR2,
  sharpeRatio,
  tangencySharpe,
  tangencySharpeBias,
  totalR2,
} from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { IPCAModel } from '@ml4t/latent-factors';

const line = (figure, value) => console.log(`${figure.padEnd(66)} ${value}`);
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;

{
  const { batch } = simulateConditionalFactorPanel({ nAssets: 60, nDates: 120, nCharacteristics: 3, seed: 3 });
  const constant = Float64Array.from(batch.index.assetIndex);
  const blocks = Int32Array.from(constant, (_, row) => (Math.floor(row / 300) % 2 === 0 ? 0 : -1));
  const turnoverOf = (foldOfRow) =>
    factorModelReport({ panel: batch, forecast: constant, foldOfRow }).longShort.turnover;
  line('turnover of a constant forecast, all dates judged', turnoverOf(undefined).toFixed(4));
  line('turnover of a constant forecast, every other 5 dates judged', turnoverOf(blocks).toFixed(4));
}
{
  const { batch, truth } = simulateConditionalFactorPanel({ nAssets: 100, nDates: 120, nCharacteristics: 3, seed: 3 });
  const tied = truth.expectedReturns.map((value, row) => (row % 100 < 46 ? -1 : value));
  for (const ties of ['together', 'split']) {
    const { longShort, rankIC, notes } = factorModelReport({ panel: batch, forecast: tied }, { ties });
    line(
      `46 % of forecasts equal, ties ${ties}: long-short dates, mean, IC`,
      `${longShort.dates} of 120, ${longShort.mean.toFixed(4)}, ${rankIC.toFixed(3)}`,
    );
    if (ties === 'together') line('  which the report says', notes[0].slice(0, 52));
  }
}
for (const [k, nDates, sharpe] of [
  [1, 120, 0.3],
  [5, 60, 1],
]) {
  const random = new Random(k);
  const ratios = Array.from({ length: 20_000 }, () =>
    tangencySharpe(
      Float64Array.from({ length: nDates * k }, (_, at) => (at % k === 0 ? sharpe : 0) + random.normal()),
      k,
    ),
  );
  line(
    `tangency bias, K = ${k}, T = ${nDates}, S = ${sharpe}: simulated, formula`,
    `${(mean(ratios) - sharpe).toFixed(4)}, ${tangencySharpeBias(sharpe, k, nDates).toFixed(4)}`,
  );
}
for (const nAssets of [30, 100, 500]) {
  const [k, nDates] = [5, 60];
  const random = new Random(nAssets);
  const index = PanelIndex.full(
    Float64Array.from({ length: nDates }, (_, t) => t),
    Array.from({ length: nAssets }, (_, i) => `a${i}`),
  );
  const noise = (n) => Float64Array.from({ length: n }, () => random.normal());
  const panel = new CrossSectionBatch({
    index,
    characteristicNames: ['c1', 'c2', 'c3', 'c4', 'c5'],
    characteristics: noise(index.nRows * 5),
    returns: noise(index.nRows),
  });
  const model = new IPCAModel({ nFactors: k, constant: false });
  await model.fit(panel.slice(0, 30));
  const test = panel.slice(30);
  const state = await model.extract(test);
  const fitted = state.fittedReturns();
  const report = factorModelReport({
    panel: test,
    forecast: new Float64Array(test.nRows),
    fitted,
    folds: [{ nFactors: k, training: noise(30 * k), realised: state.factorReturns }],
  });
  line(
    `total R2 of pure noise, K = 5, N = ${nAssets}: measured, totalR2OfNoise`,
    `${totalR2(test.returns, fitted).toFixed(3)}, ${report.totalR2OfNoise.toFixed(3)}`,
  );
}
{
  const { batch, truth } = simulateConditionalFactorPanel({ nAssets: 40, nDates: 60, nCharacteristics: 3 });
  const fit = truth.fittedReturns.map((value, row) => value * (1 + 0.5 * Math.sin(row)));
  const large = batch.withCharacteristics(batch.characteristics.map((c, at) => (at % 3 === 2 ? 100 * c : c)));
  for (const standardize of [false, true])
    line(
      `managed R2, c3 as it is and x 100${standardize ? ', standardize' : ''}`,
      [batch, large].map((panel) => managedPortfolioR2(panel, fit, { standardize }).toFixed(4)).join(', '),
    );
}
{
  const n = 250;
  const random = new Random(1);
  const constant = new Float64Array(n).fill(0.001);
  const both = Float64Array.from({ length: 2 * n }, (_, at) => (at % 2 === 0 ? 0.001 : 0.02 * random.normal()));
  const excess = Float64Array.from({ length: n }, () => {
    const rate = 0.01 * random.normal();
    return 0.001 + rate - rate;
  });
  line(
    'tangency Sharpe ratio of a constant factor; beside an ordinary one',
    `${tangencySharpe(constant, 1)}; ${tangencySharpe(both, 2).toFixed(4)}`,
  );
  line('Sharpe ratio of excess returns equal but for rounding', String(sharpeRatio(excess)));
}

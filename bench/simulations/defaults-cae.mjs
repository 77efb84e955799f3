// Evidence for defaults of the conditional autoencoder (docs/decisions/defaults.md): small panels of the design of Gu, Kelly and Xiu, small
// networks and short schedules, so that a run takes a second. Out of sample, in percent: 'total' R2 of returns, 'systematic' R2 of the true
// beta'f (which unlike the total R2 does not grow with K / N), 'predictive' R2, and the rank IC of forecasts.
// 'tangency': Sharpe ratios of the factors' tangency portfolio, in and out of sample, of an ensemble whose members' factors are inverted all
// together and by member, beside the mean of the members alone.
// Usage: node bench/simulations/defaults-cae.mjs [factors|ridge|tangency] [first-last seed] [assets,…] [K] [deviation of added noise]
import { factorModelReport, predictiveR2, rankInformationCoefficient, tangencySharpe, totalR2 } from '@ml4t/core';
import { CounterRandom } from '@ml4t/core/nn';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { CAEModel } from '@ml4t/latent-factors';

const [only = 'factors', seeds = '1-10', assets = '15,30,60,120', k = '3', noise = '0'] = process.argv.slice(2);
const [from, to] = seeds.split('-').map(Number);
const each = Array.from({ length: to - from + 1 }, (_, i) => from + i);
const K = Number(k);
const variants = {
  factors: {
    'managed, ridge 0': { factors: 'managed', portfolioRidge: 0 },
    'managed, ridge .1': { factors: 'managed', portfolioRidge: 0.1 },
    regression: { factors: 'regression' },
    auto: {},
  },
  ridge: Object.fromEntries(
    [0, 0.01, 0.1, 0.3].map((portfolioRidge) => [
      `managed, ridge ${portfolioRidge}`,
      { factors: 'managed', portfolioRidge },
    ]),
  ),
};
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const summary = (x) =>
  `${mean(x).toFixed(2)} (se ${Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2)) / (x.length - 1)).toFixed(2)})`;

if (only === 'tangency') {
  const rows = { stacked: [], 'by member': [], 'members alone': [], truth: [] };
  for (const seed of each) {
    const { batch, truth } = simulateConditionalFactorPanel({ seed, nAssets: 60, nDates: 240, nCharacteristics: 6 });
    const [train, test] = [batch.slice(0, 80), batch.slice(80)];
    const model = new CAEModel({ seed, nFactors: K, hiddenUnits: [16], nEnsemble: 5, nEpochs: 20 });
    await model.fit(train);
    const of = async (on) => [await model.extract(on), ...(await model.extractMembers(on))].map((s) => s.factorReturns);
    const [[training, ...own], [realised, ...ownRealised]] = [await of(train), await of(test)];
    const sharpes = (fold) => {
      const forecast = new Float64Array(test.nRows);
      const { tangency } = factorModelReport({ panel: test, forecast, folds: [fold] });
      return [tangency.inSampleSharpe, tangency.outOfSampleSharpe];
    };
    rows.stacked.push(sharpes({ nFactors: 5 * K, training, realised }));
    rows['by member'].push(sharpes({ nFactors: 5 * K, nMembers: 5, training, realised }));
    const alone = own.map((f, m) => sharpes({ nFactors: K, training: f, realised: ownRealised[m] }));
    rows['members alone'].push([0, 1].map((at) => mean(alone.map((pair) => pair[at]))));
    rows.truth.push(
      [0, 80].map((from) => tangencySharpe(truth.factorReturns.slice(3 * from, from === 0 ? 240 : undefined), 3)),
    );
  }
  for (const [name, pairs] of Object.entries(rows))
    console.log(
      `${name}: in sample ${summary(pairs.map(([a]) => a))}, out of sample ${summary(pairs.map(([, b]) => b))}`,
    );
  process.exit(0);
}

for (const design of ['linear', 'nonlinear'])
  for (const nAssets of assets.split(',').map(Number))
    for (const [name, options] of Object.entries(variants[only])) {
      const found = [];
      for (const seed of each) {
        const { batch: quiet, truth } = simulateConditionalFactorPanel({
          design,
          seed,
          nAssets,
          nDates: 180,
          nCharacteristics: 12,
        });
        const draw = new CounterRandom(seed);
        const batch = quiet.withReturns(quiet.returns.map((r) => r + Number(noise) * draw.normal()));
        const [train, validation, test] = [batch.slice(0, 80), batch.slice(80, 120), batch.slice(120)];
        const model = new CAEModel({ seed, nFactors: K, hiddenUnits: [16], ensembleSize: 1, nEpochs: 30, ...options });
        await model.fit(train, { validation });
        const { betas, factorReturns } = await model.extract(test);
        const known = await model.extract(batch.slice(0, 120));
        const lambda = columnMeans(known.factorReturns, K);
        const fitted = new Float64Array(test.nRows);
        const forecast = new Float64Array(test.nRows);
        for (let t = 0; t < test.nDates; t++)
          for (let row = test.index.rowOffsets[t]; row < test.index.rowOffsets[t + 1]; row++)
            for (let j = 0; j < K; j++) {
              fitted[row] += betas[row * K + j] * factorReturns[t * K + j];
              forecast[row] += betas[row * K + j] * lambda[j];
            }
        const first = truth.fittedReturns.length - test.nRows;
        found.push({
          total: 100 * totalR2(test.returns, fitted),
          systematic: 100 * totalR2(truth.fittedReturns.subarray(first), fitted),
          predictive: 100 * predictiveR2(test.returns, forecast),
          ic: rankInformationCoefficient(test.index, forecast, test.returns).mean,
        });
      }
      const of = (key) => summary(found.map((each) => each[key]));
      console.log(
        `${design} N ${nAssets} K ${K}, ${name}: total ${of('total')} systematic ${of('systematic')} predictive ${of('predictive')} IC ${mean(found.map(({ ic }) => ic)).toFixed(3)}`,
      );
    }

function columnMeans(values, k) {
  const sums = new Float64Array(k);
  const counts = new Float64Array(k);
  values.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    sums[at % k] += value;
    counts[at % k]++;
  });
  return sums.map((sum, j) => sum / counts[j]);
}

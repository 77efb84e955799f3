// The Monte Carlo of Gu, Kelly and Xiu (2021, section 4) for PCA and IPCA: out-of-sample total and predictive R2 in percent,
// first 120 of 180 dates for estimation, the last 60 for testing, K = 1, 2, 3, 4, 6, beside the oracle: means over seeds with
// their standard errors, and what an independent run of the same design gave over 40 repetitions (about as uncertain).
// Usage: node bench/simulations/gu-kelly-xiu.mjs [repetitions = 40] [zero|stationary] [constant]
import { PersistentPanelBatch, predictiveR2, totalR2 } from '@ml4t/core';
import { oraclePredictiveR2, oracleTotalR2, simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { IPCAModel, LatentFactorForecastPipeline, PCAModel } from '@ml4t/latent-factors';

const repetitions = Number(process.argv[2] ?? 40);
const start = process.argv[3] ?? 'zero';
// The paper's IPCA has no constant instrument. In the nonlinear design it would see the mean of c1^2 and explain 4 points more.
const constant = process.argv[4] === 'constant';
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const sd = (x) => Math.sqrt(x.reduce((a, b) => a + (b - mean(x)) ** 2, 0) / (x.length - 1));

const standardError = (x) => sd(x) / Math.sqrt(x.length);
const cell = (x, known) =>
  `${mean(x).toFixed(2)} (${standardError(x).toFixed(2)})${known === undefined ? '' : `, ${known}`}`.padEnd(20);
// [total, predictive].
const reference = {
  linear: {
    oracle: [40.3, 2.99],
    'PCA K=3': [4.0],
    'IPCA K=1': [18.8],
    'IPCA K=2': [32.5],
    'IPCA K=3': [40.9, 2.96],
    'IPCA K=4': [41.2],
    'IPCA K=6': [41.8],
  },
  nonlinear: {
    oracle: [39.9, 3.0],
    'PCA K=3': [5.3],
    'IPCA K=1': [10.7],
    'IPCA K=2': [11.1],
    'IPCA K=3': [11.6, 0.72],
    'IPCA K=4': [12.0],
    'IPCA K=6': [12.8],
  },
};

for (const design of ['linear', 'nonlinear']) {
  const rows = new Map();
  const add = (name, total, predictive) => {
    if (!rows.has(name)) rows.set(name, { total: [], predictive: [] });
    rows.get(name).total.push(100 * total);
    rows.get(name).predictive.push(100 * predictive);
  };
  for (let seed = 0; seed < repetitions; seed++) {
    const panel = simulateConditionalFactorPanel({ design, seed, start });
    const { batch } = panel;
    add('oracle', oracleTotalR2(panel, 120), oraclePredictiveR2(panel, 120));
    const evaluate = async (name, model, data) => {
      const pipeline = new LatentFactorForecastPipeline({ model });
      await pipeline.fit(data.slice(0, 120));
      const { state, assetForecast } = await pipeline.predict(data.slice(120));
      const returns = data.slice(120).returns;
      add(name, totalR2(returns, state.fittedReturns()), predictiveR2(returns, assetForecast.expectedReturns));
    };
    await evaluate('PCA K=3', new PCAModel({ nFactors: 3 }), PersistentPanelBatch.fromCrossSection(batch));
    for (const nFactors of [1, 2, 3, 4, 6])
      await evaluate(`IPCA K=${nFactors}`, new IPCAModel({ nFactors, constant }), batch);
  }
  console.log(`\ndesign ${design}, ${repetitions} repetitions: mean (standard error), reference`);
  for (const [name, { total, predictive }] of rows) {
    const [knownTotal, knownPredictive] = reference[design][name] ?? [];
    console.log(
      `  ${name.padEnd(9)} total ${cell(total, knownTotal)}  predictive ${cell(predictive, knownPredictive)}`,
    );
  }
}

// The Monte Carlo of Gu, Kelly and Xiu (2021, section 4) for the conditional autoencoder: out-of-sample total and predictive R2 in
// percent, K = 3, thirds of the 180 dates for training, validation and testing, default configuration but for `factors`, beside the
// oracle of the same draws. 'managed' is fed the simulated x_t, as in the paper; 'regression' has nothing but the panel.
// Usage: node bench/simulations/conditional-autoencoder.mjs [repetitions] [first seed] [config as JSON]
import { predictiveR2, totalR2 } from '@ml4t/core';
import { oraclePredictiveR2, oracleTotalR2, simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import {
  BetaLambdaMapper,
  CAEModel,
  ExpandingMeanFactorForecaster,
  LatentFactorForecastPipeline,
} from '@ml4t/latent-factors';

const repetitions = Number(process.argv[2] ?? 10);
const firstSeed = Number(process.argv[3] ?? 0);
const { only, validate = true, ...extra } = JSON.parse(process.argv[4] ?? '{}');
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const sd = (x) => Math.sqrt(x.reduce((a, b) => a + (b - mean(x)) ** 2, 0) / (x.length - 1));

for (const design of ['linear', 'nonlinear']) {
  const rows = new Map();
  const add = (name, column, value) => {
    if (!rows.has(name)) rows.set(name, {});
    (rows.get(name)[column] ??= []).push(value);
  };
  for (let seed = firstSeed; seed < firstSeed + repetitions; seed++) {
    const panel = simulateConditionalFactorPanel({ design, seed });
    const { batch, truth } = panel;
    const oracle = [100 * oracleTotalR2(panel, 120), 100 * oraclePredictiveR2(panel, 120)];
    add('oracle', 'total', oracle[0]);
    add('oracle', 'predictive', oracle[1]);
    const [train, validation, test] = [batch.slice(0, 60), batch.slice(60, 120), batch.slice(120)];
    const given = { names: batch.characteristicNames, timestamps: batch.timestamps, values: truth.managedFactors };
    for (const [name, config, options] of [
      ['managed, given x', { factors: 'managed' }, { managedPortfolios: given }],
      ['managed, own x', { factors: 'managed' }, {}],
      ['regression', { factors: 'regression' }, {}],
    ]) {
      if (only && !only.includes(name)) continue;
      const model = new CAEModel({ nFactors: 3, ...config, ...extra });
      const started = performance.now();
      await model.fit(train, validate ? { ...options, validation } : options);
      const seconds = (performance.now() - started) / 1000;
      const pipeline = new LatentFactorForecastPipeline({ model });
      await pipeline.fitForecaster(train, validation);
      const { state, assetForecast } = await pipeline.predict(test);
      // A member has no pipeline of its own.
      const memberForecast = (state, before) => {
        const forecaster = new ExpandingMeanFactorForecaster();
        forecaster.fit(before);
        return new BetaLambdaMapper().predict(state, forecaster.predict(state)).expectedReturns;
      };
      const members = await model.extractMembers(test);
      const membersBefore = await model.extractMembers(batch.slice(0, 120));
      add(name, 'total', 100 * totalR2(test.returns, state.fittedReturns()));
      add(name, 'predictive', 100 * predictiveR2(test.returns, assetForecast.expectedReturns));
      add(name, 'memberTotal', 100 * mean(members.map((m) => totalR2(test.returns, m.fittedReturns()))));
      add(
        name,
        'memberPredictive',
        100 * mean(members.map((m, i) => predictiveR2(test.returns, memberForecast(m, membersBefore[i])))),
      );
      add(name, 'seconds', seconds);
      add(name, 'gap', oracle[0] - rows.get(name).total.at(-1));
    }
  }
  console.log(
    `design ${design}, seeds ${firstSeed} to ${firstSeed + repetitions - 1}: mean (standard deviation over seeds)`,
  );
  for (const [name, r] of rows) {
    const show = (column) => (r[column] ? `${mean(r[column]).toFixed(2)} (${sd(r[column]).toFixed(2)})` : '');
    const members = r.memberTotal
      ? `  members ${show('memberTotal')} and ${show('memberPredictive')}  below oracle ${show('gap')}  ` +
        `worst ensemble less member ${Math.min(...r.total.map((v, i) => v - r.memberTotal[i])).toFixed(2)}  ${mean(r.seconds).toFixed(1)} s`
      : '';
    console.log(`  ${name.padEnd(17)} total ${show('total')}  predictive ${show('predictive')}${members}`);
  }
}

// The simulation of Chen, Pelger and Zhu (2024, appendix B): N = 500, 250 dates for training, 100 for validation, 250 for testing;
// test Sharpe ratio, EV and XS-R2 beside the oracle of the same draw.
// Usage: node bench/simulations/sdf.mjs [first-last seed] [JSON of options, added to those below] [characteristics|recurrent]
import { simulateChenPelgerZhu } from '@ml4t/core/simulate';
import { explainedReturns, sdfSharpeRatio, StochasticDiscountFactorModel } from '@ml4t/sdf';

const [from, to] = (process.argv[2] ?? '10-14').split('-').map(Number);
const changes = JSON.parse(process.argv[3] ?? '{}');
// A twenty-eighth of the default schedule's epochs at ten times its rate: two characteristics need no more. The residual term finds
// the loadings. It does not see the sign that turns in the recurrent design, so its weight is small there.
const schedule = { ignoreFirst: 4, learningRate: 0.01, hiddenDim: 16, stateDimMoment: 4 };
const optionsOf = {
  characteristics: { ...schedule, nEpochsUnc: 12, nEpochsMoment: 12, nEpochsCond: 36, residualWeight: 0.03 },
  recurrent: {
    ...schedule,
    ...{ nEpochsUnc: 24, nEpochsMoment: 8, nEpochsCond: 40, ensembleSize: 4 },
    ...{ contextTransform: 'detrended', residualWeight: 0.004 },
  },
};
const only = process.argv[4];
const figures = ({ sharpe, explainedVariation, crossSectionalR2 }) =>
  [sharpe, explainedVariation, crossSectionalR2].map((x) => x.toFixed(3)).join(' / ');

for (const design of ['characteristics', 'recurrent']) {
  if (only && only !== design) continue;
  console.log(`design ${design}: test SR / EV / XS-R2`);
  const ratios = [];
  for (let seed = from; seed <= to; seed++) {
    const { batch, truth } = simulateChenPelgerZhu({ design, seed });
    const test = batch.slice(350);
    const betas = truth.betas.subarray(350 * 500);
    // The true weights are proportional to the betas: residuals are alike, and the sum of squared betas hardly moves.
    const oracleSdf = Float64Array.from({ length: 250 }, (_, t) => {
      let sum = 0;
      for (let r = 500 * t; r < 500 * (t + 1); r++) sum += betas[r] * test.returns[r];
      return 1 - sum / 500;
    });
    const oracle = { sharpe: sdfSharpeRatio(oracleSdf), ...explainedReturns(test.index, betas, test.returns) };
    const model = new StochasticDiscountFactorModel({ seed, ...optionsOf[design], ...changes });
    const started = performance.now();
    const summary = await model.fit(batch.slice(0, 250), { validation: batch.slice(250, 350) });
    const found = await model.statistics(test);
    const perLabel = {};
    for (const label of model.checkpoints)
      perLabel[label] = (await model.statistics(test, { checkpoint: label })).sharpe.toFixed(3);
    ratios.push([found.sharpe, found.sharpe / oracle.sharpe]);
    console.log(
      `  seed ${seed}: model ${figures(found)}, oracle ${figures(oracle)}, share of oracle Sharpe ` +
        `${(found.sharpe / oracle.sharpe).toFixed(3)}, train ${summary.trainMetrics.sharpe.toFixed(2)} validation ${summary.validationMetrics.sharpe.toFixed(2)}, ${((performance.now() - started) / 1000).toFixed(0)} s`,
      process.env.DETAIL ? JSON.stringify(perLabel) : '',
    );
  }
  const mean = (k) => (ratios.reduce((sum, r) => sum + r[k], 0) / ratios.length).toFixed(3);
  const least = (k) => Math.min(...ratios.map((r) => r[k])).toFixed(3);
  console.log(`  mean Sharpe ${mean(0)}, share ${mean(1)}; least Sharpe ${least(0)}, share ${least(1)}`);
}

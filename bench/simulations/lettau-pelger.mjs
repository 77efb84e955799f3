// The Monte Carlo study of Lettau and Pelger (2020) beside the numbers an independent run of the same design gave.
//
//   node bench/simulations/lettau-pelger.mjs [--repetitions 30] [--weak-variance 0.03] [--weak-sharpe 0.8]
//
// N = 370, T = 650 for estimation and 650 later dates for evaluation. Reference values: 30 repetitions, weak variance
// .03, weak Sharpe ratio .8 (the paper itself shows figures only).
import { outOfSampleTangencySharpe, tangencySharpe } from '@ml4t/core';
import { leastSquares, matrix } from '@ml4t/core/linalg';
import { simulateLettauPelger } from '@ml4t/core/simulate';
import { RPPCAModel } from '@ml4t/latent-factors';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '30' },
    'weak-variance': { type: 'string', default: '0.03' },
    'weak-sharpe': { type: 'string', default: '0.8' },
  },
});
const repetitions = Number(values.repetitions);
const design = { weakVariance: Number(values['weak-variance']), weakSharpe: Number(values['weak-sharpe']) };
const gammas = [-1, 0, 10, 20, 50];
const nDates = 650;
const reference = {
  'one-side': {
    correlation: [0.31, 0.78, 0.91, 0.91, 0.91],
    inSample: [0.41, 0.72, 0.85, 0.86, 0.86],
    outOfSample: [0.41, 0.71, 0.8, 0.8, 0.81],
  },
  'both-sides': { correlation: [0.1, 0.19, 0.65, 0.7, 0.72] },
};

/** Multiple correlation of the fourth true factor with a constant and the estimated ones. */
function spanCorrelation(truth, estimated, from, to) {
  const rows = to - from;
  const regressors = matrix(rows, 5);
  const target = matrix(rows, 1);
  for (let t = 0; t < rows; t++) {
    regressors.data[t * 5] = 1;
    regressors.data.set(estimated.subarray((from + t) * 4, (from + t + 1) * 4), t * 5 + 1);
    target.data[t] = truth[(from + t) * 4 + 3];
  }
  const mean = target.data.reduce((sum, value) => sum + value, 0) / rows;
  const total = target.data.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(Math.max(0, 1 - leastSquares(regressors, target).residualSumOfSquares[0] / total));
}

const started = performance.now();
for (const residualBand of ['one-side', 'both-sides']) {
  const measures = { correlation: [], laterCorrelation: [], inSample: [], outOfSample: [] };
  let maximalSharpe = 0;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const panel = simulateLettauPelger({ ...design, seed: repetition, nDates: 2 * nDates, residualBand });
    maximalSharpe = panel.truth.maximalSharpe;
    for (const [g, gamma] of gammas.entries()) {
      const model = new RPPCAModel({ nFactors: 4, gamma });
      await model.fit(panel.batch.slice(0, nDates));
      const { factorReturns } = await model.extract(panel.batch);
      const [train, test] = [factorReturns.subarray(0, nDates * 4), factorReturns.subarray(nDates * 4)];
      const seen = {
        correlation: spanCorrelation(panel.truth.factorReturns, factorReturns, 0, nDates),
        laterCorrelation: spanCorrelation(panel.truth.factorReturns, factorReturns, nDates, 2 * nDates),
        inSample: tangencySharpe(train, 4),
        outOfSample: outOfSampleTangencySharpe(train, test, 4),
      };
      for (const [name, value] of Object.entries(seen)) (measures[name][g] ??= []).push(value);
    }
  }
  console.log(`\nresidual band: ${residualBand}; ${repetitions} repetitions, ${JSON.stringify(design)}`);
  console.log(`true maximal Sharpe ratio ${maximalSharpe.toFixed(3)}; mean (standard error of the mean)`);
  console.log('gamma'.padEnd(28) + gammas.map((gamma) => String(gamma).padStart(14)).join(''));
  const titles = {
    correlation: 'correlation, factor 4',
    laterCorrelation: '  the same, later dates',
    inSample: 'Sharpe in sample',
    outOfSample: 'Sharpe out of sample',
  };
  for (const [name, title] of Object.entries(titles)) {
    const cells = measures[name].map((draws) => {
      const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
      const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (draws.length - 1);
      return `${mean.toFixed(3)} (${Math.sqrt(variance / draws.length).toFixed(3)})`.padStart(14);
    });
    console.log(title.padEnd(28) + cells.join(''));
    const known = reference[residualBand][name];
    if (known && design.weakVariance === 0.03 && design.weakSharpe === 0.8)
      console.log('  reference'.padEnd(28) + known.map((value) => value.toFixed(2).padStart(14)).join(''));
  }
}
console.log(`\n${((performance.now() - started) / 1000).toFixed(1)} s`);

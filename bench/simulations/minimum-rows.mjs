// What dates with few rows do to premia: one date in ten has n rows, the others 100, and IPCA takes all dates or leaves the thin ones out.
// Reported is the root mean square error of Gamma lambda, lambda the premia (mean factor returns), over instruments and panels. The noise is set so
// that factors explain 15 % of the returns, as in panels of stocks.
// Usage: node bench/simulations/minimum-rows.mjs [--panels=60] [--factors=1,3,5,10]
import { CrossSectionBatch, Random } from '@ml4t/core';
import { IPCAModel } from '@ml4t/latent-factors';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { panels: { type: 'string', default: '60' }, factors: { type: 'string', default: '1,3,5,10' } },
});
const panels = Number(values.panels);
const [nDates, nAssets, p] = [120, 100, 14];

/** Returns of K factors with exposures linear in uniform characteristics; every tenth date has `thin` rows. */
function panel(seed, k, thin) {
  const random = new Random(seed);
  // Each factor's share of the variance is p / 3 times .05 squared.
  const noise = Math.sqrt((((k * p) / 3) * 0.05 * 0.05 * 0.85) / 0.15);
  const gamma = Float64Array.from({ length: p * k }, () => random.normal());
  const factors = Float64Array.from({ length: nDates * k }, () => 0.02 + 0.05 * random.normal());
  const columns = { timestamps: [], assets: [], returns: [], characteristics: {} };
  const z = Array.from({ length: p }, () => []);
  for (let t = 0; t < nDates; t++)
    for (let i = 0; i < (t % 10 === 0 ? thin : nAssets); i++) {
      columns.timestamps.push(t * 86400000);
      columns.assets.push(`a${i}`);
      let value = noise * random.normal();
      for (let l = 0; l < p; l++) {
        const c = 2 * random.uniform() - 1;
        z[l].push(c);
        for (let j = 0; j < k; j++) value += c * gamma[l * k + j] * factors[t * k + j];
      }
      columns.returns.push(value);
    }
  z.forEach((column, l) => (columns.characteristics[`c${l}`] = column));
  const premia = Float64Array.from(
    { length: p },
    (_, l) => 0.02 * gamma.subarray(l * k, (l + 1) * k).reduce((a, b) => a + b),
  );
  return { batch: CrossSectionBatch.fromRows({ ...columns, returnLag: 0 }), premia };
}

/** Squared errors of Gamma lambda, per instrument. */
async function squaredErrors({ batch, premia }, k, minimumRows) {
  const model = new IPCAModel({ nFactors: k, constant: false, minimumRows });
  await model.fit(batch);
  const { factorReturns } = await model.extract(batch);
  const means = new Float64Array(k);
  let dates = 0;
  for (let t = 0; t < nDates; t++) {
    if (Number.isNaN(factorReturns[t * k])) continue;
    dates++;
    for (let j = 0; j < k; j++) means[j] += factorReturns[t * k + j];
  }
  let sum = 0;
  for (let l = 0; l < p; l++) {
    const estimate = means.reduce((total, m, j) => total + (m / dates) * model.gamma[l * k + j], 0);
    sum += (estimate - premia[l]) * (estimate - premia[l]);
  }
  return sum / p;
}

for (const k of values.factors.split(',').map(Number)) {
  const sizes = [...new Set([k, k + 1, k + 2, k + 5, 2 * k, k + 10, k + 20])]
    .filter((n) => n <= 40)
    .sort((a, b) => a - b);
  for (const thin of sizes) {
    let [all, without] = [0, 0];
    for (let seed = 0; seed < panels; seed++) {
      const one = panel(seed, k, thin);
      all += (await squaredErrors(one, k, k)) / panels;
      without += (await squaredErrors(one, k, thin + 1)) / panels;
    }
    const [taken, left] = [Math.sqrt(all), Math.sqrt(without)];
    console.log(
      `K = ${k}, thin dates of ${thin} rows: error ${taken.toFixed(4)} with them, ${left.toFixed(4)} without, ratio ${(taken / left).toFixed(2)}`,
    );
  }
}

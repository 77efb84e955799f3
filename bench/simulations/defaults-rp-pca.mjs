// Which exposures forecast better with RP-PCA: its loadings, or the slopes of time-series regressions on its factors.
// Reported is `1 - sum (forecast_i - mu_i)^2 / sum mu_i^2` against the true expected returns mu, over assets: exposures times mean factors of training.
// Usage: node bench/simulations/defaults-rp-pca.mjs [--seeds=12]
import { PersistentPanelBatch, Random } from '@ml4t/core';
import { RPPCAModel } from '@ml4t/latent-factors';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '12' } } });
const seeds = Number(values.seeds);
const [nDates, nAssets] = [360, 100];

/**
 * Factors have the standard deviations and Sharpe ratios given; assets standard normal exposures, residuals of .08 that are correlated
 * by `common` with a component of their industry of ten; a share of returns is missing.
 */
const designs = {
  'three strong factors': { sd: [0.05, 0.04, 0.03], sharpe: [0.2, 0.15, 0.15], k: 3, missing: 0, common: 0 },
  'a weak one with a high Sharpe ratio': {
    sd: [0.05, 0.04, 0.012],
    sharpe: [0.15, 0.1, 0.5],
    k: 3,
    missing: 0,
    common: 0.5,
  },
  'a weak one that is priced and not fitted': { sd: [0.05, 0.012], sharpe: [0.15, 0.5], k: 1, missing: 0, common: 0 },
  'three strong ones, 30 % missing': {
    sd: [0.05, 0.04, 0.03],
    sharpe: [0.2, 0.15, 0.15],
    k: 3,
    missing: 0.3,
    common: 0,
  },
  'more factors than there are': { sd: [0.05, 0.03], sharpe: [0.2, 0.15], k: 5, missing: 0, common: 0 },
  'volatilities from .02 to .3': {
    sd: [0.05, 0.04, 0.03],
    sharpe: [0.2, 0.15, 0.15],
    k: 3,
    missing: 0,
    common: 0,
    spread: true,
  },
};

function panel(seed, { sd, sharpe, missing, common, spread = false }) {
  const random = new Random(seed);
  const m = sd.length;
  const loadings = Float64Array.from({ length: nAssets * m }, (_, at) =>
    at % m === 0 ? 1 + 0.3 * random.normal() : random.normal(),
  );
  const noise = Float64Array.from({ length: nAssets }, () =>
    spread ? 0.02 * Math.exp(Math.log(15) * random.uniform()) : 0.08,
  );
  const returns = new Float64Array(nDates * nAssets);
  for (let t = 0; t < nDates; t++) {
    const factors = sd.map((s, j) => s * (sharpe[j] + random.normal()));
    const industries = Array.from({ length: nAssets / 10 }, () => random.normal());
    for (let i = 0; i < nAssets; i++) {
      let value =
        noise[i] * (Math.sqrt(1 - common) * random.normal() + Math.sqrt(common) * industries[i % industries.length]);
      for (let j = 0; j < m; j++) value += loadings[i * m + j] * factors[j];
      returns[t * nAssets + i] = random.uniform() < missing ? Number.NaN : value;
    }
  }
  const means = Float64Array.from({ length: nAssets }, (_, i) =>
    sd.reduce((sum, s, j) => sum + loadings[i * m + j] * s * sharpe[j], 0),
  );
  const timestamps = Float64Array.from({ length: nDates }, (_, t) => t * 86400000);
  const assetIds = Array.from({ length: nAssets }, (_, i) => `a${i}`);
  return { batch: new PersistentPanelBatch({ timestamps, assetIds, returns }), means };
}

const summary = (figures) => {
  const mean = figures.reduce((a, b) => a + b) / figures.length;
  const variance = figures.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / (figures.length - 1);
  return `${mean.toFixed(3)} se ${Math.sqrt(variance / figures.length).toFixed(3)}`;
};

for (const [name, design] of Object.entries(designs)) {
  const found = { loadings: [], 'time-series': [], difference: [] };
  for (let seed = 1; seed <= seeds; seed++) {
    const { batch, means } = panel(seed, design);
    for (const exposures of ['loadings', 'time-series']) {
      const model = new RPPCAModel({ nFactors: design.k, exposures });
      await model.fit(batch);
      const { betas } = await model.extract(batch);
      const { factorPremia } = model;
      let [errors, squares] = [0, 0];
      means.forEach((mean, i) => {
        let forecast = 0;
        for (let j = 0; j < design.k; j++) forecast += betas[i * design.k + j] * factorPremia[j];
        errors += (forecast - mean) * (forecast - mean);
        squares += mean * mean;
      });
      found[exposures].push(1 - errors / squares);
    }
    found.difference.push(found.loadings.at(-1) - found['time-series'].at(-1));
  }
  console.log(
    `${name}: loadings ${summary(found.loadings)}, time-series ${summary(found['time-series'])}, difference ${summary(found.difference)}`,
  );
}

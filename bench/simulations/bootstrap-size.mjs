// Rejection rates of the wild-bootstrap test of Gamma_alpha = 0 when it is true.
// Usage: node bench/simulations/bootstrap-size.mjs [panels] [draws] [dates] [assets]
import { CrossSectionBatch, Random } from '@ml4t/core';
import { testIntercept } from '@ml4t/latent-factors';

const [panels = 400, draws = 99, nDates = 60, nAssets = 60] = process.argv.slice(2).map(Number);
const [p, k] = [4, 1];

function nullPanel(seed) {
  const random = new Random(seed);
  const gamma = Float64Array.from({ length: (p + 1) * k }, () => random.normal());
  const characteristics = new Float64Array(nDates * nAssets * p);
  const returns = new Float64Array(nDates * nAssets);
  for (let t = 0; t < nDates; t++) {
    const f = 0.02 + 0.1 * random.normal();
    for (let row = t * nAssets; row < (t + 1) * nAssets; row++) {
      returns[row] = 0.15 * random.normal() + gamma[0] * f;
      for (let l = 0; l < p; l++) {
        const z = 2 * random.uniform() - 1;
        characteristics[row * p + l] = z;
        returns[row] += z * gamma[l + 1] * f;
      }
    }
  }
  return CrossSectionBatch.fromDense({
    timestamps: Float64Array.from({ length: nDates }, (_, t) => t * 86400000),
    characteristics,
    shape: [nDates, nAssets, p],
    returns,
    returnLag: 0,
  });
}

const pValues = [];
for (let seed = 0; seed < panels; seed++)
  pValues.push((await testIntercept(nullPanel(seed), { config: { nFactors: k, seed }, draws, threads: 1 })).pValue);
for (const level of [0.05, 0.1, 0.2]) {
  const share = pValues.filter((value) => value <= level).length / panels;
  const error = Math.sqrt((level * (1 - level)) / panels);
  console.log(
    `nominal ${100 * level} %: rejected ${(100 * share).toFixed(1)} % (Monte Carlo standard error ${(100 * error).toFixed(1)} points)`,
  );
}

// Rejection rates of the wild-bootstrap test of Gamma_alpha = 0 when it is true.
// Usage: node bench/simulations/bootstrap-size.mjs [--panels=150] [--draws=99] [--dates=240] [--assets=60] [--output=p-values.jsonl]
// With an output, every p-value is written there as it is found, and a later run with the same sizes goes on after the last of them.
import { CrossSectionBatch, Random } from '@ml4t/core';
import { testIntercept } from '@ml4t/latent-factors';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const number = (value) => /** @type {const} */ ({ type: 'string', default: String(value) });
const { values } = parseArgs({
  options: {
    panels: number(150),
    draws: number(99),
    dates: number(240),
    assets: number(60),
    output: { type: 'string' },
  },
});
const [panels, draws, nDates, nAssets] = ['panels', 'draws', 'dates', 'assets'].map((name) => Number(values[name]));
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

/** p-values by seed that an earlier run left for these sizes. */
function earlier() {
  if (!values.output || !existsSync(values.output)) return new Map();
  const found = readFileSync(values.output, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const same = found.filter((entry) => entry.draws === draws && entry.dates === nDates && entry.assets === nAssets);
  return new Map(same.map(({ seed, pValue }) => [seed, pValue]));
}

const known = earlier();
const pValues = [];
for (let seed = 0; seed < panels; seed++) {
  let pValue = known.get(seed);
  if (pValue === undefined) {
    ({ pValue } = await testIntercept(nullPanel(seed), { config: { nFactors: k, seed }, draws, threads: 1 }));
    if (values.output)
      appendFileSync(values.output, JSON.stringify({ dates: nDates, assets: nAssets, draws, seed, pValue }) + '\n');
  }
  pValues.push(pValue);
}
console.log(`${panels} panels of ${nDates} dates x ${nAssets} assets, ${draws} draws each`);
for (const level of [0.05, 0.1, 0.2]) {
  const share = pValues.filter((value) => value <= level).length / panels;
  const error = Math.sqrt((level * (1 - level)) / panels);
  console.log(
    `nominal ${100 * level} %: rejected ${(100 * share).toFixed(1)} % (Monte Carlo standard error ${(100 * error).toFixed(1)} points)`,
  );
}

// Rejection rates of the wild-bootstrap test of Gamma_alpha = 0: its size where alpha is zero, its power where it is not.
// Usage: node bench/simulations/bootstrap-size.mjs [--panels=150] [--draws=99] [--dates=240] [--assets=60] [--output=p-values.jsonl]
//   --first=12         assets on the first date; they grow to `assets` by equal steps (default: as many as on the last)
//   --alpha=.01        size of alpha = alpha x c1 (default 0: the null)
//   --scaling=paper    how residuals are moved between dates (default cross-section)
//   --omitted=.3       adds an omitted factor on the last characteristic with this autocorrelation (default: none)
//   --block=6          dates that share a multiplier (default 1)
// With an output, every p-value is written there as it is found, and a later run of the same design goes on after the last of them.
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
    first: { type: 'string' },
    characteristics: number(4),
    alpha: number(0),
    scaling: { type: 'string', default: 'cross-section' },
    omitted: { type: 'string' },
    block: number(1),
    output: { type: 'string' },
  },
});
const design = {
  draws: Number(values.draws),
  dates: Number(values.dates),
  assets: Number(values.assets),
  first: Number(values.first ?? values.assets),
  characteristics: Number(values.characteristics),
  alpha: Number(values.alpha),
  scaling: values.scaling,
  omitted: values.omitted === undefined ? null : Number(values.omitted),
  block: Number(values.block),
};
const panels = Number(values.panels);
const { characteristics: p } = design;
const k = 1;

/** Assets of date t: from `first` to `assets`. */
const assetsOn = (t) => Math.round(design.first + ((design.assets - design.first) * t) / Math.max(design.dates - 1, 1));

function panel(seed) {
  const random = new Random(seed);
  const gamma = Float64Array.from({ length: (p + 1) * k }, () => random.normal());
  const rowOffsets = new Int32Array(design.dates + 1);
  for (let t = 0; t < design.dates; t++) rowOffsets[t + 1] = rowOffsets[t] + assetsOn(t);
  const nRows = rowOffsets[design.dates];
  const characteristics = new Float64Array(nRows * p);
  const returns = new Float64Array(nRows);
  let omitted = 0;
  const persistence = design.omitted ?? 0;
  for (let t = 0; t < design.dates; t++) {
    const f = 0.02 + 0.1 * random.normal();
    // A weak factor that no model of one factor has room for; its mean is zero, so that the null stays true.
    if (design.omitted !== null)
      omitted = persistence * omitted + 0.04 * Math.sqrt(1 - persistence * persistence) * random.normal();
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      returns[row] = 0.15 * random.normal() + gamma[0] * f;
      for (let l = 0; l < p; l++) {
        const z = 2 * random.uniform() - 1;
        characteristics[row * p + l] = z;
        returns[row] += z * gamma[l + 1] * f;
      }
      returns[row] += design.alpha * characteristics[row * p] + omitted * characteristics[row * p + p - 1];
    }
  }
  return CrossSectionBatch.fromArrays({
    timestamps: Float64Array.from({ length: design.dates }, (_, t) => t * 86400000),
    rowOffsets,
    assetIndex: Int32Array.from({ length: nRows }, (_, row) => row - rowOffsets.findLast((offset) => offset <= row)),
    assetIds: Array.from({ length: Math.max(design.first, design.assets) }, (_, i) => `a${i}`),
    characteristicNames: Array.from({ length: p }, (_, l) => `c${l + 1}`),
    characteristics,
    returns,
  });
}

/** p-values by seed that an earlier run left for this design. */
function earlier() {
  if (!values.output || !existsSync(values.output)) return new Map();
  const found = readFileSync(values.output, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const same = found.filter((entry) => Object.entries(design).every(([name, value]) => entry[name] === value));
  return new Map(same.map(({ seed, pValue }) => [seed, pValue]));
}

const known = earlier();
const pValues = [];
for (let seed = 0; seed < panels; seed++) {
  let pValue = known.get(seed);
  if (pValue === undefined) {
    ({ pValue } = await testIntercept(panel(seed), {
      config: { nFactors: k, seed },
      draws: design.draws,
      residualScaling: design.scaling,
      blockLength: design.block,
      threads: 1,
    }));
    if (values.output) appendFileSync(values.output, JSON.stringify({ ...design, seed, pValue }) + '\n');
  }
  pValues.push(pValue);
}
const rates = [0.05, 0.1, 0.2].map((level) => {
  const share = pValues.filter((value) => value <= level).length / panels;
  const error = Math.sqrt((share * (1 - share)) / panels);
  return `${100 * level} %: ${(100 * share).toFixed(1)} (${(100 * error).toFixed(1)})`;
});
console.log(`${panels} panels, ${JSON.stringify(design)}`);
console.log(`rejected at ${rates.join(', ')}, in percent, Monte Carlo standard error in brackets`);

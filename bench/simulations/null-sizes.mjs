// How often figures of a report call pure noise significant at 5 %, in per cent with Monte Carlo errors in brackets: returns
// over h dates that nothing forecasts (a market factor and asset noise, independent over time), a signal with autocorrelation
// `persistence` within assets, 50 assets. Each figure beside what a t-statistic of independent dates, and one with Bartlett
// weights of h - 1 lags and the normal distribution, would have said. Draw d of a design has seed d.
// Usage: node bench/simulations/null-sizes.mjs [draws] [dates, comma-separated] [horizons] [persistences]
import {
  PanelIndex,
  Random,
  longShortDeciles,
  rankInformationCoefficient,
  sharpeRatioInference,
  tangencyPortfolio,
} from '@ml4t/core';
import { meanInference } from '@ml4t/core/inference';

const draws = Number(process.argv[2] ?? 500);
const list = (at, fallback) => (process.argv[at] ?? fallback).split(',').map(Number);
const allDates = list(3, '252,1000');
const horizons = list(4, '1,5,21');
const persistences = list(5, '0,0.99');
const nAssets = 50;
const level = 0.05;

const figures = ['rank IC', 'long-short mean', 'long-short SR', 'decile mean', 'tangency SR', 'factor premium'];
const methods = ['EWC', 'independent', 'Bartlett'];

/** Running sums over `horizon` dates of independent normals (n x width), row-major. */
function overlapping(random, n, width, horizon) {
  const steps = Float64Array.from({ length: (n + horizon - 1) * width }, () => random.normal());
  const sums = new Float64Array(n * width);
  for (let k = 0; k < horizon; k++) for (let j = 0; j < width; j++) sums[j] += steps[k * width + j];
  for (let at = width; at < sums.length; at++)
    sums[at] = sums[at - width] - steps[at - width] + steps[at + (horizon - 1) * width];
  return sums;
}

/** The series behind each figure in one draw of the null. */
function draw(seed, nDates, horizon, persistence, index) {
  const random = new Random(seed);
  const own = overlapping(random, nDates, nAssets, horizon);
  const market = overlapping(random, nDates, 1, horizon);
  const shock = Math.sqrt(1 - persistence * persistence);
  const signal = new Float64Array(nDates * nAssets);
  for (let at = 0; at < signal.length; at++)
    signal[at] = at < nAssets ? random.normal() : persistence * signal[at - nAssets] + shock * random.normal();
  const returns = own.map((value, at) => value + 0.5 * market[Math.floor(at / nAssets)]);
  const { byDate: rankIC } = rankInformationCoefficient(index, signal, returns);
  const { longShort, quantileReturns } = longShortDeciles(index, signal, returns);
  // The tangency portfolio of two factors: weights from as many dates before, which end h - 1 dates before the test begins.
  const gap = horizon - 1;
  const factors = overlapping(random, 2 * nDates + gap, 2, horizon);
  const { weights } = tangencyPortfolio(factors.subarray(0, 2 * nDates), 2);
  const test = factors.subarray(2 * (nDates + gap));
  const tangency = Float64Array.from(
    { length: nDates },
    (_, t) => weights[0] * test[2 * t] + weights[1] * test[2 * t + 1],
  );
  return {
    'rank IC': (options) => meanInference(rankIC, options),
    'long-short mean': (options) => meanInference(longShort, options),
    'long-short SR': (options) => sharpeRatioInference(longShort, options),
    // Of the top decile.
    'decile mean': (options) =>
      meanInference(
        Float64Array.from({ length: nDates }, (_, t) => quantileReturns[10 * t + 9]),
        options,
      ),
    'tangency SR': (options) => sharpeRatioInference(tangency, options),
    'factor premium': (options) =>
      meanInference(
        Float64Array.from({ length: nDates }, (_, t) => test[2 * t]),
        options,
      ),
  };
}

const percent = (count) => {
  const share = count / draws;
  return `${(100 * share).toFixed(1)} (${(100 * Math.sqrt((share * (1 - share)) / draws)).toFixed(1)})`;
};

console.log(`${draws} draws, seeds 1 to ${draws}, rejections at ${100 * level} %`);
console.log(`| dates | h | persistence | figure | ${methods.join(' | ')} |`);
console.log(`| ----: | -: | ----------: | ------ | ${methods.map(() => '--:').join(' | ')} |`);
for (const nDates of allDates) {
  const index = PanelIndex.full(
    Float64Array.from({ length: nDates }, (_, t) => t),
    Array.from({ length: nAssets }, (_, i) => `a${i}`),
  );
  for (const horizon of horizons)
    for (const persistence of persistences) {
      const counts = new Map(figures.map((name) => [name, methods.map(() => 0)]));
      for (let seed = 1; seed <= draws; seed++) {
        const inferences = draw(seed, nDates, horizon, persistence, index);
        for (const name of figures)
          [{ horizon }, { covType: 'nonrobust' }, { covType: 'HAC', maxLags: horizon - 1 }].forEach((options, m) => {
            if (inferences[name](options).pValue < level) counts.get(name)[m]++;
          });
      }
      for (const [name, count] of counts)
        console.log(`| ${nDates} | ${horizon} | ${persistence} | ${name} | ${count.map(percent).join(' | ')} |`);
    }
}

// What overlapping and delayed returns do to forecasts of nothing, and what a forecaster makes of the validation dates.
//
// 1. Null: factors without memory and without a premium, returns over h = 5 dates on every date. Out of sample nothing can be predicted.
//    Purge of h - 1 dates. 'not stated': the batch is taken for one of one-date returns; 'stated': returnHorizon 5.
// 2. Null: returns of one date that are earned a date late (returnLag 2), factors MA(1). 'not stated': realisationLag 1.
// 3. Volatility known ex ante, of returns over 5 dates whose volatility nobody can know: rank correlation of sigma_t with |r_t|.
// 4. Persistent factors (AR(1), .8), 100 training and 60 validation dates, test windows of 10: predictive R2 with the factors of the
//    training dates alone and with those of the validation dates too.
//
// Usage: node bench/simulations/overlapping-returns.mjs [seeds, 6]
import {
  CrossSectionBatch,
  Random,
  exAnteVolatility,
  expandingSplits,
  factorModelReport,
  predictiveR2,
  walkForward,
} from '@ml4t/core';
import { latentFactorColumns } from '@ml4t/core/authoring';
import {
  AR1FactorForecaster,
  EWMAFactorForecaster,
  ExpandingMeanFactorForecaster,
  IPCAModel,
  LatentFactorForecastPipeline,
} from '@ml4t/latent-factors';

const seeds = Number(process.argv[2] ?? 6);
const day = 86_400_000;
const [nAssets, nCharacteristics, nFactors] = [60, 5, 2];
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const businessDay = (t) => Date.UTC(2000, 0, 3) + (Math.floor(t / 5) * 7 + (t % 5)) * day;

/** One-date returns r_{i,t} = beta_{i,t-1}' f_t + e, beta linear in persistent characteristics; f from `next(previous, shock)`. */
function panel(seed, nDates, next, premium = 0) {
  const random = new Random(seed);
  const normals = (n) => Array.from({ length: n }, () => random.normal());
  const gamma = Array.from({ length: nFactors }, () => normals(nCharacteristics));
  const levels = Array.from({ length: nAssets }, () => normals(nCharacteristics));
  const characteristics = [];
  const oneDate = [];
  let state = Array.from({ length: nFactors }, () => ({ value: 0, shock: 0 }));
  for (let t = 0; t < nDates; t++) {
    state = state.map((before) => next(before, random.normal()));
    oneDate.push(
      levels.map((x) => {
        let r = 0.02 * random.normal();
        for (let k = 0; k < nFactors; k++)
          r += (premium + 0.01 * state[k].value) * x.reduce((sum, value, j) => sum + value * gamma[k][j], 0);
        return r / 3;
      }),
    );
    // What is known on date t, after its return.
    characteristics.push(levels.map((x) => [...x]));
    for (const x of levels)
      for (let j = 0; j < x.length; j++) x[j] = 0.99 * x[j] + Math.sqrt(1 - 0.99 * 0.99) * random.normal();
  }
  return { characteristics, oneDate };
}

/** Dense panel; `ending[t][i]` is the return over `horizon` dates that ends on date t. */
function batchOf({ characteristics, oneDate }, horizon, returnLag, timing) {
  const ending = oneDate.map((row, t) =>
    row.map((_, i) => {
      if (t < horizon - 1) return Number.NaN;
      let sum = 0;
      for (let s = t - horizon + 1; s <= t; s++) sum += oneDate[s][i];
      return sum;
    }),
  );
  const batch = CrossSectionBatch.fromDense({
    timestamps: Float64Array.from(oneDate, (_, t) => businessDay(t)),
    characteristics,
    returns: ending,
    returnLag,
  });
  return timing ? batch.withReturns(batch.requireReturns('the simulation'), timing) : batch;
}

async function judge(batch, splits, forecaster) {
  const result = await walkForward({
    batch,
    splits,
    create: () => new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors }), forecaster: forecaster() }),
    columns: latentFactorColumns,
  });
  const from = batch.timestamps.indexOf(result.index.timestamps[0]);
  const { forecast, fitted } = result.columns;
  const evidence = {
    panel: batch.slice(from, from + result.index.nDates),
    forecast,
    fitted,
    foldOfRow: result.foldOfRow,
  };
  const report = factorModelReport(evidence);
  const perDate = report.byDate.rankIC.filter((value) => value !== null);
  const centre = mean(perDate);
  const deviation = Math.sqrt(mean(perDate.map((value) => (value - centre) * (value - centre))));
  return [
    100 * report.predictiveR2,
    report.rankIC,
    // As if dates were independent, which is what a reader of an unaware report would take it for.
    (centre / deviation) * Math.sqrt(perDate.length),
    report.longShort.sharpe,
  ];
}

const show = (name, rows) => {
  const figures = rows[0].map((_, j) => mean(rows.map((row) => row[j])));
  console.log(
    `${name.padEnd(46)} ${figures.map((value, j) => value.toFixed(j % 4 === 0 ? 1 : 3).padStart(8)).join(' ')}`,
  );
};
async function table(title, batches, forecasters, splitsOf) {
  console.log(`\n${title}\n${''.padEnd(46)}     R2 %       IC    t(IC)       SR`);
  for (const [name, forecaster] of forecasters)
    for (const [how, make] of batches) {
      const rows = [];
      for (let seed = 1; seed <= seeds; seed++) {
        const batch = make(seed);
        rows.push(await judge(batch, splitsOf(batch), forecaster));
      }
      show(`${name}, ${how}`, rows);
    }
}

const forecasters = [
  ['expanding mean', () => new ExpandingMeanFactorForecaster()],
  ['AR(1)', () => new AR1FactorForecaster()],
  ['EWMA, half-life 3', () => new EWMAFactorForecaster({ halfLife: 3 })],
];
const iid = (_, shock) => ({ value: shock, shock });
const ma1 = (before, shock) => ({ value: shock + before.shock, shock });
const sizes = { initialTrain: 200, testSize: 40, purge: 4 };

await table(
  `1. Null, returns over 5 dates, purge 4, ${seeds} seeds`,
  [
    ['horizon not stated', (seed) => batchOf(panel(seed, 360, iid), 5, 5, { returnHorizon: 1 })],
    ['stated', (seed) => batchOf(panel(seed, 360, iid), 5, 5)],
  ],
  forecasters,
  (batch) => expandingSplits(batch, sizes),
);
await table(
  `2. Null, returns of one date, a date late, MA(1) factors, purge 4, ${seeds} seeds`,
  [
    ['lag not stated', (seed) => batchOf(panel(seed, 360, ma1), 1, 2, { returnHorizon: 1 })],
    ['stated', (seed) => batchOf(panel(seed, 360, ma1), 1, 2, { returnHorizon: 1, realisationLag: 2 })],
  ],
  forecasters,
  (batch) => expandingSplits(batch, sizes),
);

console.log(
  '\n3. Rank correlation of ex-ante volatility (span 10) with |r_t|, unpredictable volatility, returns over 5 dates',
);
const correlations = { 1: [], 5: [] };
for (let seed = 1; seed <= seeds; seed++) {
  const random = new Random(seed);
  const shocks = Array.from({ length: 3000 }, () => Math.exp(random.normal()) * random.normal());
  const returns = Float64Array.from(shocks.slice(5), (_, t) => shocks.slice(t + 1, t + 6).reduce((a, b) => a + b, 0));
  for (const returnDelay of [1, 5]) {
    const sigma = exAnteVolatility(returns, 1, { span: 10, returnDelay, minReturns: 5 });
    const pairs = Array.from(sigma, (s, t) => [s, Math.abs(returns[t])]).filter(([s]) => Number.isFinite(s));
    const ranks = (values) => {
      const order = values.map((value, i) => [value, i]).sort((a, b) => a[0] - b[0]);
      const out = new Float64Array(values.length);
      order.forEach(([, i], rank) => (out[i] = rank));
      return out;
    };
    const [x, y] = [ranks(pairs.map(([s]) => s)), ranks(pairs.map(([, r]) => r))];
    const centre = (pairs.length - 1) / 2;
    let [xy, xx] = [0, 0];
    x.forEach((value, i) => {
      xy += (value - centre) * (y[i] - centre);
      xx += (value - centre) * (value - centre);
    });
    correlations[returnDelay].push(xy / xx);
  }
}
console.log(
  `delay 1, horizon not stated ${mean(correlations[1]).toFixed(3)}; delay 5, stated ${mean(correlations[5]).toFixed(3)}`,
);

console.log(
  `\n4. Persistent factors (.8), 100 training, 60 validation, windows of 10: predictive R2 %, ${seeds} seeds`,
);
console.log(`${''.padEnd(30)} all dates   first of each window`);
const persistent = (before, shock) => ({ value: 0.8 * before.value + 0.6 * shock, shock });
for (const [name, forecaster] of [
  ['expanding mean', () => new ExpandingMeanFactorForecaster()],
  ['EWMA, half-life 6', () => new EWMAFactorForecaster({ halfLife: 6 })],
  ['AR(1)', () => new AR1FactorForecaster()],
])
  for (const withValidation of [false, true]) {
    const [all, firsts] = [[], []];
    for (let seed = 1; seed <= seeds; seed++) {
      const batch = batchOf(panel(100 + seed, 300, persistent), 1, 1);
      const splits = expandingSplits(batch, { initialTrain: 100, validationSize: 60, testSize: 10 });
      const [actual, forecast, first, firstForecast] = [[], [], [], []];
      for (const { train, validation, test } of splits) {
        const pipeline = new LatentFactorForecastPipeline({
          model: new IPCAModel({ nFactors }),
          forecaster: forecaster(),
        });
        const [on, later] = [train, validation].map(({ from, to }) => batch.slice(from, to));
        await pipeline.model.fit(on);
        await pipeline.fitForecaster(on, withValidation ? later : undefined);
        const target = batch.slice(test.from, test.to);
        const { expectedReturns } = (await pipeline.predict(target)).assetForecast;
        const rows = target.index.rowOffsets[1];
        actual.push(...target.returns);
        forecast.push(...expectedReturns);
        first.push(...target.returns.subarray(0, rows));
        firstForecast.push(...expectedReturns.subarray(0, rows));
      }
      const r2 = (r, f) => 100 * predictiveR2(Float64Array.from(r), Float64Array.from(f));
      all.push(r2(actual, forecast));
      firsts.push(r2(first, firstForecast));
    }
    const how = withValidation ? 'training and validation' : 'training alone';
    console.log(
      `${`${name}, ${how}`.padEnd(42)} ${mean(all).toFixed(1).padStart(8)} ${mean(firsts).toFixed(1).padStart(8)}`,
    );
  }

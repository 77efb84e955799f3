// Evidence for defaults of the SDF (docs/decisions/defaults.md): small panels and short schedules, so that a run takes a second.
// Usage: node bench/simulations/defaults-sdf.mjs [context|units|counts] [first-last seed]
import { CrossSectionBatch } from '@ml4t/core';
import { simulateChenPelgerZhu } from '@ml4t/core/simulate';
import { LinearStochasticDiscountFactorReturnMapper, StochasticDiscountFactorModel } from '@ml4t/sdf';

const [only, seeds = '1-10'] = process.argv.slice(2);
const [from, to] = seeds.split('-').map(Number);
const each = Array.from({ length: to - from + 1 }, (_, i) => from + i);
const [nAssets, nDates, validationFrom, testFrom] = [50, 420, 180, 240];
const schedule = {
  hiddenDim: 12,
  stateDimMoment: 4,
  nEpochsUnc: 12,
  nEpochsMoment: 8,
  nEpochsCond: 30,
  ignoreFirst: 4,
  learningRate: 0.01,
};
const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
const summary = (x) =>
  `${mean(x).toFixed(3)} (se ${Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2)) / (x.length - 1)).toFixed(3)})  ${x.map((v) => v.toFixed(2)).join(' ')}`;
const split = (batch) => [batch.slice(0, validationFrom), batch.slice(validationFrom, testFrom), batch.slice(testFrom)];

async function statistics(batch, seed, options) {
  const [train, validation, test] = split(batch);
  const model = new StochasticDiscountFactorModel({ ...schedule, seed, ...options });
  await model.fit(train, { validation });
  return { model, train, test, ...(await model.statistics(test)) };
}

/** Context series with a trend (as the paper's second setup), without one, and an AR(1) that has nothing to say. */
const contexts = {
  trend: (z) => z,
  'no trend': (z, t) => z - 0.05 * t,
  'no trend, level 1000': (z, t) => 1000 + z - 0.05 * t,
};

if (!only || only === 'context') {
  console.log('test Sharpe ratio of setup 2 by contextTransform');
  for (const [name, contextOf] of Object.entries(contexts))
    for (const contextTransform of ['levels', 'detrended', 'deviations', 'differences']) {
      const found = [];
      for (const seed of each) {
        const { batch } = simulateChenPelgerZhu({ design: 'recurrent', seed, nAssets, nDates });
        const on = new CrossSectionBatch({ ...batch, contextFeatures: batch.contextFeatures.map(contextOf) });
        found.push((await statistics(on, seed, { contextTransform })).sharpe);
      }
      console.log(`  ${name}, ${contextTransform}: ${summary(found)}`);
    }
}

if (!only || only === 'units') {
  console.log('setup 1 by unit of returns: test Sharpe ratio, then EV');
  for (const unit of [1, 1e-4, 1e-2, 1e2, 1e4]) {
    const found = [];
    for (const seed of each) {
      const { batch } = simulateChenPelgerZhu({ design: 'characteristics', seed, nAssets, nDates });
      found.push(await statistics(batch.withReturns(batch.returns.map((r) => r * unit)), seed, {}));
    }
    console.log(`  x ${unit}: SR ${summary(found.map(({ sharpe }) => sharpe))}`);
    console.log(`  x ${unit}: EV ${summary(found.map(({ explainedVariation }) => explainedVariation))}`);
  }
}

if (!only || only === 'counts') {
  console.log(
    'setup 1 with 40 assets in training and 400 in testing: predictive R2 % of the return mapper, and of the truth',
  );
  for (const exposures of ['exposures', 'normalised weights x N', 'normalised weights']) {
    const found = [];
    const best = [];
    for (const seed of each) {
      const { batch, truth } = simulateChenPelgerZhu({ design: 'characteristics', seed, nAssets: 400, nDates });
      const few = thinned(batch, 40, testFrom);
      const { model, train, test } = await statistics(few, seed, { residualWeight: 0.03 });
      const read = async (on) => {
        const { index, weights, exposures: own } = await model.extract(on);
        if (exposures === 'exposures') return { index, signals: own };
        return exposures === 'normalised weights' ? { index, signals: weights } : { index, weights };
      };
      const mapper = new LinearStochasticDiscountFactorReturnMapper();
      mapper.fit(await read(train), train.requireReturns('mapper'));
      found.push(r2(test.returns, mapper.predict(await read(test)).expectedReturns));
      const expected = truth.betas.subarray(truth.betas.length - test.nRows).map((b) => b * Math.sqrt(0.1));
      best.push(r2(test.returns, expected));
    }
    console.log(`  ${exposures}: ${summary(found)}; truth ${mean(best).toFixed(2)}`);
  }
}

/** The batch with only the first assets before a date. */
function thinned(batch, assets, until) {
  const { index } = batch;
  const rows = [];
  const rowOffsets = [0];
  for (let t = 0; t < index.nDates; t++) {
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++)
      if (t >= until || index.assetIndex[row] < assets) rows.push(row);
    rowOffsets.push(rows.length);
  }
  const p = batch.nCharacteristics;
  return CrossSectionBatch.fromArrays({
    timestamps: index.timestamps,
    rowOffsets,
    assetIndex: rows.map((row) => index.assetIndex[row]),
    assetIds: index.assetIds,
    characteristicNames: batch.characteristicNames,
    characteristics: Float64Array.from(
      rows.flatMap((row) => [...batch.characteristics.subarray(row * p, (row + 1) * p)]),
    ),
    returns: Float64Array.from(rows, (row) => batch.returns[row]),
  });
}

function r2(returns, forecast) {
  let [errors, squares] = [0, 0];
  returns.forEach((r, i) => {
    errors += (r - forecast[i]) ** 2;
    squares += r * r;
  });
  return 100 * (1 - errors / squares);
}

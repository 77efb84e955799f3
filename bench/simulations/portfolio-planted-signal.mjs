// The hidden signal with costs (simulateHiddenSignalPanel; docs/models/portfolio-networks.md): annual Sharpe ratio after costs on the
// last 1008 of 4032 days, of models trained on 2520 days; the 504 days in between choose their checkpoint. 10 assets, 6 features,
// windows of 63 days, 5 basis points per unit of turnover, charged in full whatever a model was trained on.
// Usage: node bench/simulations/portfolio-planted-signal.mjs MODEL [seeds = 1,2,3,4,5] [JSON of config changes] [JSON of the panel's]
//   MODEL: filter (the Kalman filter, clipped), linear, lstm, deep, reference-lstm, reference-deep
// Prints one JSON line a seed.
import { annualizedSharpeRatio, PersistentPanelBatch, portfolioWindows } from '@ml4t/core';
import { simulateHiddenSignalPanel } from '@ml4t/core/simulate';
import * as portfolio from '@ml4t/portfolio';

const [name, list = '1,2,3,4,5', json = '{}', panelJson = '{}'] = process.argv.slice(2);
const changes = JSON.parse(json);
const [trainEnd, validationEnd, nDates, length] = [2520, 3024, 4032, 63];

/** Training settings of the Python reference: 200 full-batch steps at 1e-4, its last step, its conventions, its blocks. */
const reference = {
  learningRate: 1e-4,
  nSteps: 200,
  batchSize: 10_000,
  sharpeEps: 1e-8,
  defaultCheckpoint: 'last',
  inputScaling: 'none',
  universeChanges: 'free',
};
const models = {
  linear: () => new portfolio.LinearFeaturePortfolioModel(changes),
  lstm: () => new portfolio.LSTMPortfolioModel(changes),
  deep: () => new portfolio.DeepPortfolioModel(changes),
  'reference-lstm': () => new portfolio.LSTMPortfolioModel({ ...reference, ...changes }),
  'reference-deep': () => new portfolio.DeepPortfolioModel({ ...reference, block: 'reference', ...changes }),
};

function slice(panel, from, to) {
  const { nAssets: n, assetIds, characteristicNames } = panel;
  const p = characteristicNames.length;
  return new PersistentPanelBatch({
    timestamps: panel.timestamps.slice(from, to),
    assetIds,
    returns: panel.returns.slice(from * n, to * n),
    characteristicNames,
    characteristics: panel.characteristics.slice(from * n * p, to * n * p),
  });
}

/** Windows of some days. Volatility is known from the 63 days before them on. */
function windows(panel, from, to, stride) {
  const volatility = { span: 63, target: 0.1, periodsPerYear: 252, minReturns: 21 };
  const costs = Array.from({ length: panel.nAssets }, () => 5e-4);
  const lead = Math.min(from, 63);
  const all = portfolioWindows(slice(panel, from - lead, to), {
    windowLength: length,
    stride,
    anchor: 'end',
    volatility,
    costs,
  }).batch;
  const first = panel.timestamps[from];
  let b = 0;
  while (all.timestamps[b * length] < first) b++;
  return all.slice(b);
}

for (const seed of list.split(',').map(Number)) {
  const { batch: panel, filtered } = simulateHiddenSignalPanel({ nDates, seed, ...JSON.parse(panelJson) });
  const train = windows(panel, 0, trainEnd, 21);
  const validation = windows(panel, trainEnd, validationEnd, length);
  const test = windows(panel, validationEnd, panel.nDates, length);
  const conventions = { ...portfolio.defaultConventions, budget: 'none', volatilityScaling: 'none', gammaCost: 1 };
  const judge = (holdings) => {
    const { gross, net, turnover } = portfolio.evaluatePortfolio(
      test,
      holdings,
      conventions,
      portfolio.consecutiveWindows(test),
    );
    return {
      sharpe: annualizedSharpeRatio(net, 252),
      gross: annualizedSharpeRatio(gross, 252),
      turnover: turnover.reduce((a, b) => a + b, 0) / turnover.length,
    };
  };
  const started = performance.now();
  const line = { model: name, seed };
  if (name === 'filter') {
    const at = new Map(Array.from(panel.timestamps, (time, t) => [time, t]));
    const n = panel.nAssets;
    const holdings = test.volScale.map((v, cell) => {
      const t = at.get(test.timestamps[Math.floor(cell / n)]);
      return (v * Math.tanh(2 * filtered[t * n + (cell % n)])) / n;
    });
    Object.assign(line, judge(holdings));
  } else {
    const model = models[name]();
    const summary = await model.fit(train, {
      validation,
      onProgress: process.env.VERBOSE ? (p) => console.error(JSON.stringify(p)) : undefined,
    });
    Object.assign(line, judge((await model.predict(test)).weights), {
      train: summary.trainMetrics.sharpe,
      validation: summary.validationMetrics?.sharpe,
      steps: summary.iterations,
      checkpoint: summary.defaultCheckpoint,
      best: summary.history.reduce(
        (a, b) => (b.metrics.validationSharpe > (a?.metrics.validationSharpe ?? -Infinity) ? b : a),
        undefined,
      )?.step,
    });
  }
  line.seconds = (performance.now() - started) / 1000;
  for (const key in line) if (typeof line[key] === 'number') line[key] = Number(line[key].toPrecision(5));
  console.log(JSON.stringify(line));
}

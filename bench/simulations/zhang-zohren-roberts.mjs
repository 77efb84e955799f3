// The experiment of Zhang, Zohren and Roberts (2020, section 4 and Table 1) on daily returns of four assets: a long-only softmax LSTM on
// the closes and returns of all assets over 50 days, trained on the Sharpe ratio of the day after; hidden 64, batches of 64 windows,
// the last 10 % of the training windows for validation, test from 2011 on, refit every two years on all data before. Prints the
// annual Sharpe ratios beside those published.
//
// Usage: node bench/simulations/zhang-zohren-roberts.mjs FILE [--epochs=100] [--patience=10] [--counted=1] [--batch=64] [--scaled] [--members=1]
//        [--results=FILE]
//   FILE       CSV: Date and one column of simple daily returns for each asset
//   --patience epochs without a better validation before a fit stops; 0: never, as in the paper
//   --counted  returns of each training window that count: 1 as in the paper, each after 50 days; 25 is some twenty times quicker, and
//              half of them come after fewer than 38 days
//   --batch    windows of a batch
//   --scaled   positions scaled to 10 % by exponential volatility over 50 days, in training and test
//   --results  weights of finished fits, one JSON line each: a run that is cut short goes on from there
import { annualizedSharpeRatio, PersistentPanelBatch, PortfolioSequenceBatch, portfolioWindows } from '@ml4t/core';
import { LSTMPortfolioModel } from '@ml4t/portfolio';
import { defaultConventions, evaluatePortfolio } from '@ml4t/portfolio/objective';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: 'string', default: '100' },
    patience: { type: 'string', default: '10' },
    counted: { type: 'string', default: '1' },
    batch: { type: 'string', default: '64' },
    scaled: { type: 'boolean', default: false },
    members: { type: 'string', default: '1' },
    results: { type: 'string' },
    config: { type: 'string', default: '{}' },
  },
});
const [epochs, patience, ensembleSize] = [values.epochs, values.patience, values.members].map(Number);
const [counted, batchSize] = [values.counted, values.batch].map(Number);
const [head, ...lines] = readFileSync(positionals[0], 'utf8').trim().split('\n');
const assetIds = head.split(',').slice(1);
const n = assetIds.length;
const dates = lines.map((line) => line.slice(0, 10));
const earned = lines.flatMap((line) => line.split(',').slice(1).map(Number));

// A date knows its closes and the returns up to it; the return that it is judged by is the next date's.
const nDates = dates.length - 1;
const names = [...assetIds.map((id) => `${id} return`), ...assetIds.map((id) => `${id} close`)];
const closes = new Float64Array(n).fill(1);
const characteristics = new Float64Array(nDates * n * names.length);
for (let t = 0; t < nDates; t++) {
  const today = earned.slice(t * n, (t + 1) * n);
  today.forEach((r, i) => (closes[i] *= 1 + r));
  // Every asset sees all of them; its embedding says which it is.
  for (let i = 0; i < n; i++) characteristics.set([...today, ...closes], (t * n + i) * names.length);
}
const panel = new PersistentPanelBatch({
  timestamps: dates.slice(0, nDates),
  assetIds,
  returns: Float64Array.from(earned.slice(n)),
  characteristicNames: names,
  characteristics,
});

const windowLength = 50;
const costRate = 1e-4;
const options = {
  windowLength,
  costs: assetIds.map(() => costRate),
  ...(values.scaled ? { volatility: { span: 50, target: 0.1, periodsPerYear: 252 } } : {}),
};
const { batch: windows } = portfolioWindows(panel, { ...options, stride: 1 });
const lastDate = (b) => dates[dates.length - 1 - (windows.nWindows - b)];
const firstWindow = (date) => {
  let b = 0;
  while (b < windows.nWindows && lastDate(b) < date) b++;
  return b;
};

/** The windows that a condition asks for. */
function pick(batch, wanted) {
  if (counted === 1) return batch;
  const chosen = Array.from({ length: batch.nWindows }, (_, b) => b).filter(wanted);
  const gather = (source, size) =>
    Float64Array.from(
      { length: chosen.length * size },
      (_, i) => source[chosen[Math.floor(i / size)] * size + (i % size)],
    );
  const cells = windowLength * n;
  return new PortfolioSequenceBatch({
    features: gather(batch.features, cells * names.length),
    shape: [chosen.length, windowLength, n, names.length],
    forwardReturns: gather(batch.forwardReturns, cells),
    ...(batch.volScale ? { volScale: gather(batch.volScale, cells) } : {}),
    costs: batch.costs,
    timestamps: chosen.map((b) => Array.from(batch.timestamps.subarray(b * windowLength, (b + 1) * windowLength))),
    assetIds,
    featureNames: names,
  });
}

const finished = new Map();
if (values.results && existsSync(values.results))
  for (const line of readFileSync(values.results, 'utf8').trim().split('\n')) {
    const fit = JSON.parse(line);
    finished.set(fit.year, fit);
  }
const weights = [];
for (let year = 2011; year <= Number(dates[nDates - 1].slice(0, 4)); year += 2) {
  const [from, to] = [firstWindow(`${year}-01-01`), firstWindow(`${year + 2}-01-01`)];
  let fit = finished.get(year);
  if (!fit) {
    // A window is known to its last return, so the one that ends on the date before the test is the last to learn from.
    const known = windows.slice(0, from - 1);
    const first = (known.nWindows - 1) % counted;
    const train = pick(known, (b) => b % counted === first);
    const steps = Math.ceil((0.9 * train.nWindows) / batchSize);
    const model = new LSTMPortfolioModel({
      head: 'long-only',
      hiddenDim: 64,
      batchSize,
      nSteps: epochs * steps,
      evalEvery: steps,
      patience: patience > 0 ? patience : null,
      burnIn: windowLength - counted,
      softminLambda: 0,
      gammaCost: 1,
      validationShare: 0.1,
      ensembleSize,
      ...JSON.parse(values.config),
    });
    const summary = await model.fit(train);
    const held = (await model.predict(windows.slice(from, to))).weights;
    const size = windowLength * n;
    const last = Array.from({ length: to - from }, (_, b) => [...held.subarray((b + 1) * size - n, (b + 1) * size)]);
    fit = { year, weights: last, steps: summary.iterations, seconds: summary.runRecord.seconds };
    if (values.results) appendFileSync(values.results, `${JSON.stringify(fit)}\n`);
    const { sharpe } = summary.validationMetrics;
    console.log(
      `${year}: ${summary.iterations} steps, validation Sharpe ${sharpe.toFixed(2)}, ${fit.seconds.toFixed(0)} s`,
    );
  }
  weights.push(...fit.weights.flat());
}

const first = firstWindow('2011-01-01');
const testDates = Array.from({ length: windows.nWindows - first }, (_, b) => lastDate(first + b));
const start = nDates - testDates.length;
/** Sharpe ratios of holdings (dates x assets) to a last date, at a cost rate. */
function sharpe(holdings, rate, until) {
  const count = testDates.filter((date) => date <= until).length;
  const { net } = evaluatePortfolio(
    {
      nWindows: 1,
      nSteps: count,
      nAssets: n,
      mask: new Uint8Array(count * n).fill(1),
      forwardReturns: panel.returns.slice(start * n, (start + count) * n),
      costs: new Float64Array(n).fill(rate),
    },
    holdings.slice(0, count * n),
    { ...defaultConventions, gammaCost: 1, budget: 'none', volatilityScaling: 'none' },
  );
  return annualizedSharpeRatio(net, 252);
}
const table = [
  [`LSTM, cost ${costRate * 1e4} basis point`, Float64Array.from(weights), costRate, values.scaled ? 1.962 : 1.858],
  ['LSTM, cost 10 basis points', Float64Array.from(weights), 1e-3, values.scaled ? undefined : 1.403],
  ...[
    [0.25, 0.25, 0.25, 0.25, 0.929],
    [0.5, 0.1, 0.2, 0.2, 1.173],
    [0.1, 0.5, 0.2, 0.2, 0.89],
    [0.4, 0.4, 0.1, 0.1, 1.228],
  ].map(([...mix]) => {
    const published = mix.pop();
    return [
      `fixed ${mix.join(', ')}`,
      Float64Array.from({ length: testDates.length * n }, (_, i) => mix[i % n]),
      0,
      published,
    ];
  }),
];
const ends = ['2020-04-30', testDates[testDates.length - 1]];
console.log(
  `\n${'annual Sharpe ratio'.padEnd(32)} ${ends.map((end) => `2011 to ${end}`.padStart(20)).join('')}  published`,
);
for (const [name, holdings, rate, published] of table)
  console.log(
    `${name.padEnd(32)} ${ends.map((end) => sharpe(holdings, rate, end).toFixed(3).padStart(20)).join('')}  ${published ?? ''}`,
  );

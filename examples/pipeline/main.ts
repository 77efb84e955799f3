// From a warehouse to a backtest in one file: a Parquet panel described by a catalogue, a walk-forward of IPCA, a long-short
// portfolio, and the files that ml4t-backtest's DataFeed is built from. Usage: node dist/main.js [output folder]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  AssetForecastResult,
  AssetWeightsResult,
  annualizedSharpeRatio,
  expandingSplits,
  longShortDeciles,
  longShortWeights,
  rankInformationCoefficient,
  rankNormalize,
  turnover,
  walkForward,
  type LatentFactorPrediction,
} from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import {
  backtestInputsFromWeights,
  panelTable,
  predictionsTable,
  readBacktestFrames,
  readCrossSectionBatch,
  weightsTable,
  writeBacktestFrames,
  writeFrame,
} from '@ml4t/integration';
import { IPCAModel, LatentFactorForecastPipeline } from '@ml4t/latent-factors';

const folder = process.argv[2] ?? 'output';
mkdirSync(folder, { recursive: true });

// 1. The warehouse: a simulated panel and prices stand for the files that you have.
const { batch: simulated } = simulateConditionalFactorPanel({
  nAssets: 100,
  nDates: 120,
  nCharacteristics: 6,
  seed: 3,
});
await writeFrame(panelTable(simulated), join(folder, 'panel.parquet'));
const earned = simulated.requireReturns('prices');
const close = new Float64Array(simulated.nRows);
// Every asset has a row on every date: its row of the date before is nAssets rows earlier.
for (let row = 0; row < close.length; row++) {
  const before = row - simulated.nAssets;
  close[row] = before < 0 ? 100 : close[before] * Math.max(0.1, 1 + earned[before]);
}
const prices = panelTable(simulated, { close }).select(['timestamp', 'asset', 'close']);
await writeFrame(prices, join(folder, 'prices.parquet'));

// 2. The panel, as the catalogue describes it, ranked within each date.
const metadata = {
  schema: { timestamp: 'timestamp', asset: 'asset', returns: 'returns' },
  semantics: { returns: { lag: 0 } },
};
const { batch: raw, report } = await readCrossSectionBatch(join(folder, 'panel.parquet'), {
  metadata,
  characteristics: { exclude: [] },
});
const panel = rankNormalize(raw);
console.log(`${report.nRows} rows, ${report.nDates} dates, ${report.nAssets} assets, ${report.gaps.length} gaps`);

// 3. Fitted every two years on all dates before, and asked about the two years after.
const splits = expandingSplits(panel, { initialTrain: 48, testSize: 24 });
const { index, columns, foldOfRow } = await walkForward({
  batch: panel,
  splits,
  create: () => new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 3 }) }),
  columns: ({ assetForecast }: LatentFactorPrediction) => ({ expectedReturns: assetForecast.expectedReturns }),
});
const forecast = new AssetForecastResult({ index, expectedReturns: columns.expectedReturns });
const returns = panel.requireReturns('scores').subarray(panel.index.rowOffsets[splits[0].test.from]);

// 4. A portfolio: long the tenth with the best forecasts, short the tenth with the worst.
const weights = new AssetWeightsResult({ index, weights: longShortWeights(index, forecast.expectedReturns) });
const { longShort } = longShortDeciles(index, forecast.expectedReturns, returns);
console.table([
  {
    folds: splits.length,
    'rank IC': round(rankInformationCoefficient(index, forecast.expectedReturns, returns).mean),
    'Sharpe a year': round(annualizedSharpeRatio(longShort, 12)),
    'turnover a month': round(turnover(index, weights.weights, returns).mean),
  },
]);

// 5. The hand-over: a feed specification, signals under the names of the prices, and tables for diagnostics, as one.
const inputs = await backtestInputsFromWeights(weights, {
  prices: join(folder, 'prices.parquet'),
  dataFrequency: 'monthly',
});
const run = join(folder, 'run');
const predictions = predictionsTable(forecast, { returns, modelName: 'ipca', fold: foldOfRow });
await writeBacktestFrames(run, { predictions, weights: weightsTable(weights) }, { inputs });
const { generation, files, dataFeed } = await readBacktestFrames(run);
console.log(`generation ${generation}, DataFeed(feed_spec=${JSON.stringify(dataFeed?.feed_spec)})`);
console.table(Object.entries(files).map(([name, { nRows, bytes }]) => ({ file: name, rows: nRows, bytes })));

function round(value: number): number {
  return Number(value.toFixed(3));
}

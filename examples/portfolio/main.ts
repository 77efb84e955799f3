// Weights trained on the return after costs, for eight assets whose drifts wander slowly, against equal weights.
import { PersistentPanelBatch, Random, forwardReturnsFromPrices, portfolioWindows, trendFeatures } from '@ml4t/core';
import {
  EqualWeightPortfolioModel,
  LinearFeaturePortfolioModel,
  PortfolioAllocationPipeline,
  WeightConstraintPostprocessor,
} from '@ml4t/portfolio';
import { evaluatePortfolio, sharpeRatioOfReturns } from '@ml4t/portfolio/objective';

const [nDates, nAssets] = [900, 8];
const random = new Random(1);
const drift = new Float64Array(nAssets);
const prices = new Float64Array(nDates * nAssets).fill(100);
for (let cell = nAssets; cell < prices.length; cell++) {
  const i = cell % nAssets;
  drift[i] = 0.98 * drift[i] + 0.0004 * random.normal();
  prices[cell] = prices[cell - nAssets] * Math.exp(drift[i] + 0.01 * random.normal());
}

// What a trend follower looks at, in windows of a month; your own come from readPortfolioSequenceBatch.
const { featureNames, features } = trendFeatures(prices, nAssets, { horizons: [1, 21, 63], zScores: [21] });
const panel = new PersistentPanelBatch({
  timestamps: Array.from({ length: nDates }, (_, t) => Date.UTC(2020, 0, 1 + t)),
  assetIds: Array.from({ length: nAssets }, (_, i) => `asset ${i}`),
  returns: forwardReturnsFromPrices(prices, nAssets),
  characteristicNames: featureNames,
  characteristics: features,
});
const { batch } = portfolioWindows(panel, {
  windowLength: 21,
  volatility: { target: 0.1, periodsPerYear: 252, span: 63 },
  costs: new Float64Array(nAssets).fill(0.0005),
});
const [train, validation, test] = [batch.slice(0, 16), batch.slice(16, 20), batch.slice(20)];

const limits = new WeightConstraintPostprocessor({
  scaling: 'none', // these are weights, not scores
  grossExposure: 1.5,
  maxAbsWeight: 0.4,
  turnoverLimit: 0.3,
  holdings: 'chained',
});
const trained = new PortfolioAllocationPipeline({
  model: new LinearFeaturePortfolioModel({ gammaCost: 1, nSteps: 100, holdings: 'chained' }),
  postprocessors: [limits],
});
await trained.fit(train, { validation });
const { modelWeights, weights } = await trained.predict(test);
const equal = new EqualWeightPortfolioModel();
await equal.fit(train);

/** Holdings as they are: neither scaled nor divided again. */
const conventions = {
  gammaCost: 1,
  turnoverPenalty: 0,
  volatilityScaling: 'none',
  budget: 'none',
  universeChanges: 'charged',
  burnIn: 0,
  burnInHoldings: 'constant',
} as const;
const row = (portfolio: string, held: Float64Array) => {
  const { net, gross } = evaluatePortfolio(test, held, conventions);
  const sharpe = (returns: Float64Array): number =>
    Number(sharpeRatioOfReturns(returns, { annualizationFactor: 252, sharpeEps: 1e-12 }).toFixed(2));
  const largest = held.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  return {
    portfolio,
    'Sharpe, gross': sharpe(gross),
    'Sharpe, net': sharpe(net),
    'largest weight': Number(largest.toFixed(3)),
  };
};
console.table([
  row('equal weights', (await equal.predict(test)).weights),
  row('trained', modelWeights.weights),
  row('trained, within limits', weights.weights),
]);

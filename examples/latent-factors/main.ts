// Three factor models on one panel of characteristics, out of sample, beside the truth that the panel was made from.
import { predictiveR2, rankInformationCoefficient, totalR2, type CrossSectionBatch } from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { CAEModel, IPCAModel, LatentFactorForecastPipeline } from '@ml4t/latent-factors';

const { batch: panel, truth } = simulateConditionalFactorPanel({
  nAssets: 120,
  nDates: 150,
  nCharacteristics: 6,
  seed: 1,
});
const [train, validation, test] = [panel.slice(0, 80), panel.slice(80, 100), panel.slice(100)];
const returns = test.requireReturns('a comparison');

function scores(model: string, fitted: Float64Array, expected: Float64Array) {
  return {
    model,
    'total R2': round(totalR2(returns, fitted)),
    'predictive R2': round(predictiveR2(returns, expected)),
    'rank IC': round(rankInformationCoefficient(test.index, expected, returns).mean),
  };
}

async function evaluate(name: string, model: IPCAModel | CAEModel, given: { validation?: CrossSectionBatch } = {}) {
  const pipeline = new LatentFactorForecastPipeline({ model });
  await pipeline.fit(train, given);
  const { state, assetForecast } = await pipeline.predict(test);
  return scores(name, state.fittedReturns(), assetForecast.expectedReturns);
}

const lastRows = (values: Float64Array): Float64Array => values.subarray(panel.nRows - test.nRows);
console.table([
  await evaluate('IPCA, 1 factor', new IPCAModel({ nFactors: 1 })),
  await evaluate('IPCA, 3 factors', new IPCAModel({ nFactors: 3 })),
  await evaluate('autoencoder', new CAEModel({ nFactors: 3, hiddenUnits: [8], nEpochs: 30, batchSize: 1000 }), {
    validation,
  }),
  scores('the truth', lastRows(truth.fittedReturns), lastRows(truth.expectedReturns)),
]);

function round(value: number): number {
  return Number(value.toFixed(3));
}

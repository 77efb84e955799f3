// A supervised autoencoder against a line, on returns of which a line can explain less than a third of what can be
// explained at all.
import { rankInformationCoefficient } from '@ml4t/core';
import { simulateNonlinearSignalPanel } from '@ml4t/core/simulate';
import { leastSquares, matrix } from '@ml4t/core/linalg';
import { SAEModel } from '@ml4t/sae';

// A strong signal, so that few epochs find it.
const { batch: panel, signal } = simulateNonlinearSignalPanel({
  nAssets: 150,
  nDates: 120,
  nCharacteristics: 6,
  correlation: 0.4,
  seed: 1,
});
const [train, validation, test] = [panel.slice(0, 70), panel.slice(70, 90), panel.slice(90)];

const model = new SAEModel({
  bottleneckDim: 8,
  auxHiddenDim: 16,
  mainHiddenUnits: [32, 32],
  nEpochs: 12,
  batchSize: 512,
  learningRate: 3e-3,
  targetScaling: 'cross-sectional-rank',
  seed: 1,
});
const { stopReason } = await model.fit(train, { validation });
console.log('training ended:', stopReason);
const { signals } = await model.predict(test);

// The line: least squares of returns on characteristics, which here have mean zero.
const columns = train.nCharacteristics;
const design = matrix(train.nRows, columns, train.characteristics);
const { solution } = leastSquares(design, matrix(train.nRows, 1, train.requireReturns('a regression')));
const line = Float64Array.from({ length: test.nRows }, (_, row) => {
  let sum = 0;
  for (let k = 0; k < columns; k++) sum += solution.data[k] * test.characteristics[row * columns + k];
  return sum;
});

const rankIC = (prediction: string, values: Float64Array) => {
  const { mean, tStatistic } = rankInformationCoefficient(test.index, values, test.requireReturns('a rank IC'));
  return { prediction, 'rank IC': Number(mean.toFixed(3)), 't statistic': Number(tStatistic.toFixed(1)) };
};
console.table([
  rankIC('line', line),
  rankIC('autoencoder', signals),
  rankIC('the truth', signal.subarray(panel.nRows - test.nRows)),
]);

// Prints, to the last bit, what depends on the elementary functions of the JavaScript engine: the functions themselves over a grid,
// and results of the library that are made of them.
import { createHash } from 'node:crypto';
import { exAnteVolatility } from '@ml4t/core';
import {
  simulateConditionalFactorPanel,
  simulateHiddenSignalPanel,
  simulateLettauPelger,
  simulateStaticFactorPanel,
} from '@ml4t/core/simulate';
import { AR1FactorForecaster, EWMAFactorForecaster, PCAModel, numberOfFactors } from '@ml4t/latent-factors';

const bitsOf = (...arrays: readonly Float64Array[]): string => {
  const hash = createHash('sha256');
  for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex').slice(0, 16);
};

const functions: Readonly<Record<string, (x: number) => number>> = {
  exp: Math.exp,
  log: (x) => Math.log(Math.abs(x)),
  log1p: (x) => Math.log1p(Math.abs(x)),
  log2: (x) => Math.log2(Math.abs(x)),
  tanh: Math.tanh,
  sin: Math.sin,
  cos: Math.cos,
  cbrt: Math.cbrt,
  hypot: (x) => Math.hypot(x, 1),
  square: (x) => x ** 2,
};
const grid = Float64Array.from({ length: 40_000 }, (_, i) => ((i % 2 ? 1 : -1) * (i + 0.5)) / (i % 7 ? 997 : 99_991));

export async function arithmetic(): Promise<string> {
  const lines = Object.entries(functions).map(([name, f]) => `${name} ${bitsOf(grid.map(f))}`);
  const { batch, truth } = simulateStaticFactorPanel({ nAssets: 30, nDates: 90, nFactors: 4 });
  const hidden = simulateHiddenSignalPanel({ nDates: 50, nAssets: 11 });
  const conditional = simulateConditionalFactorPanel({ nAssets: 20, nDates: 30, nCharacteristics: 4 });
  lines.push(
    `static factor panel ${bitsOf(batch.returns, truth.premia)}`,
    `hidden signal panel ${bitsOf(hidden.batch.returns, hidden.volatility, hidden.filtered)}`,
    `conditional factor panel ${bitsOf(conditional.batch.returns ?? grid)}`,
    `Lettau-Pelger panel ${bitsOf(simulateLettauPelger({ nAssets: 20, nDates: 30 }).batch.returns)}`,
  );
  for (const halfLife of [1, 2, 4, 11, 63.5])
    lines.push(`volatility ${halfLife} ${bitsOf(exAnteVolatility(batch.returns, 30, { halfLife, minReturns: 2 }))}`);
  const { criteria, onatskiThreshold } = numberOfFactors(batch);
  lines.push(`number of factors ${bitsOf(...Object.values(criteria), Float64Array.of(onatskiThreshold))}`);
  const model = new PCAModel({ nFactors: 3 });
  await model.fit(batch);
  const state = await model.extract(batch);
  for (const forecaster of [
    ...[2, 4, 11].map((h) => new EWMAFactorForecaster({ halfLife: h })),
    new AR1FactorForecaster(),
  ]) {
    forecaster.fit(state);
    const { premia, standardErrors } = forecaster.predict(state);
    lines.push(`${forecaster.forecasterType} ${bitsOf(premia, standardErrors ?? grid)}`);
  }
  return lines.join('\n');
}

// Trains a network and prints what it predicts to the last bit, with the engine that computed it.
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { CAEModel, type CAEConfigInput } from '@ml4t/latent-factors';

export async function train(engine: NonNullable<CAEConfigInput['engine']>): Promise<string> {
  const { batch } = simulateConditionalFactorPanel({ nAssets: 60, nDates: 40, nCharacteristics: 9 });
  const model = new CAEModel({ nFactors: 3, hiddenUnits: [11, 7], ensembleSize: 2, nEpochs: 3, engine });
  const summary = await model.fit(batch.slice(0, 30), { validation: batch.slice(30) });
  const { factorReturns, betas } = await model.extract(batch);
  const bits = Buffer.concat([factorReturns, betas].map((values) => Buffer.from(Float64Array.from(values).buffer)));
  let hash = 0x811c9dc5;
  for (const byte of bits) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${summary.runRecord.engine.replace(/\d+ threads?/, 'threads')}: ${bits.length} bytes ${(hash >>> 0).toString(16)}`;
}

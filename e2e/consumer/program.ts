// What a new user writes: a simulated panel, a model, its forecast, an artifact. Compiled by the TypeScript versions that we
// promise to work with, strictly and with the library's own declarations checked.
import {
  AssetForecastResult,
  CrossSectionBatch,
  DataError,
  type FactorMapper,
  type FitSummary,
  type LatentFactorState,
} from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { IPCAModel, LatentFactorForecastPipeline, type IPCAConfigInput } from '@ml4t/latent-factors';

/** A part of the user's own, as `load` takes it. */
class ZeroMapper implements FactorMapper {
  static readonly mapperType = 'zero';
  readonly mapperType = 'zero';
  readonly config = {};
  static create(): ZeroMapper {
    return new ZeroMapper();
  }
  predict({ index, checkpoint }: LatentFactorState): AssetForecastResult {
    return new AssetForecastResult({ index, expectedReturns: new Float64Array(index.nRows), checkpoint });
  }
}

export async function run(artifact: string): Promise<string> {
  const config: IPCAConfigInput = { nFactors: 2 };
  const { batch } = simulateConditionalFactorPanel({ nAssets: 30, nDates: 40, nCharacteristics: 4 });
  const model = new IPCAModel(config);
  const pipeline = new LatentFactorForecastPipeline({ model });
  const summary: FitSummary = await pipeline.fit(batch.slice(0, 30));
  const { assetForecast }: { assetForecast: AssetForecastResult } = await pipeline.predict(batch.slice(30));
  await model.save(artifact);
  const restored = await IPCAModel.load(artifact);
  const again = await restored.extract(batch.slice(30));
  await pipeline.save(artifact);
  const served = await LatentFactorForecastPipeline.load(artifact, { mappers: [ZeroMapper] });
  const forecast = (await served.predict(batch.slice(30))).assetForecast.expectedReturns;
  if (forecast.some((value, row) => value !== assetForecast.expectedReturns[row]))
    throw new Error('a loaded pipeline forecasts something else');
  try {
    new CrossSectionBatch({ index: batch.index, characteristicNames: ['c'], characteristics: new Float64Array(1) });
  } catch (error) {
    if (error instanceof DataError) throw new Error('a wrong shape is a ShapeError', { cause: error });
  }
  const expected = assetForecast.expectedReturns.reduce((sum, value) => sum + value, 0);
  return `${summary.stopReason} ${expected.toFixed(12)} ${again.factorReturns[0].toFixed(12)}`;
}

// What a new user writes: a simulated panel, a model, its forecast, an artifact. Compiled by the TypeScript versions that we
// promise to work with, strictly and with the library's own declarations checked.
import { CrossSectionBatch, DataError, type AssetForecastResult, type FitSummary } from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { IPCAModel, LatentFactorForecastPipeline, type IPCAConfigInput } from '@ml4t/latent-factors';

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
  try {
    new CrossSectionBatch({ index: batch.index, characteristicNames: ['c'], characteristics: new Float64Array(1) });
  } catch (error) {
    if (error instanceof DataError) throw new Error('a wrong shape is a ShapeError', { cause: error });
  }
  const expected = assetForecast.expectedReturns.reduce((sum, value) => sum + value, 0);
  return `${summary.stopReason} ${expected.toFixed(12)} ${again.factorReturns[0].toFixed(12)}`;
}

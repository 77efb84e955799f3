import {
  AssetForecastResult,
  DataError,
  type FactorForecastResult,
  type FactorMapper,
  type LatentFactorState,
} from '@ml4t/core';
import { combineBetas, parseConfig } from '@ml4t/core/authoring';
import * as z from 'zod';

/** Configuration of {@link BetaLambdaMapper}: it has no fields. */
export const betaLambdaConfigSchema = z.strictObject({});

/**
 * Expected returns from exposures and premia: `E_t r_{i,t+1} = alpha_{i,t} + beta_{i,t}' lambda_t`, without the alpha in
 * models that have none. NaN wherever an exposure or a premium is.
 */
export class BetaLambdaMapper implements FactorMapper {
  readonly mapperType = 'beta-lambda';
  readonly config: Readonly<z.output<typeof betaLambdaConfigSchema>>;

  constructor(config: z.input<typeof betaLambdaConfigSchema> = {}) {
    this.config = parseConfig(betaLambdaConfigSchema, config, 'BetaLambdaMapper');
  }

  /** Throws DataError when premia and exposures differ in dates, factors or checkpoint. */
  predict(state: LatentFactorState, forecast: FactorForecastResult): AssetForecastResult {
    const { timestamps } = state.index;
    const same =
      timestamps.length === forecast.timestamps.length && timestamps.every((t, i) => t === forecast.timestamps[i]);
    if (!same || forecast.nFactors !== state.nFactors)
      throw new DataError({
        field: 'forecast',
        expected: `premia of ${state.nFactors} factors for the ${timestamps.length} dates of the state`,
        found: `${forecast.nFactors} factors on ${forecast.timestamps.length} dates${same ? '' : ' that differ'}`,
        remedy: 'Call `forecaster.predict` with the same state.',
      });
    if (forecast.checkpoint !== state.checkpoint)
      throw new DataError({
        field: 'forecast.checkpoint',
        expected: state.checkpoint ?? '(none)',
        found: forecast.checkpoint ?? '(none)',
        remedy: 'Estimate the premia on factors of the same checkpoint: coordinates differ between checkpoints.',
      });
    return new AssetForecastResult({
      index: state.index,
      expectedReturns: combineBetas(state, forecast.premia),
      checkpoint: state.checkpoint,
    });
  }
}

import {
  ArtifactError,
  NotFittedError,
  PortfolioWeightsResult,
  deepFreeze,
  parseConfig,
  requireFitArguments,
  requirePredictArguments,
  type FitOptions,
  type FitSummary,
  type PortfolioModel,
  type PortfolioSequenceBatch,
} from '@ml4t/core';
import { loadArtifact, readSummary, saveArtifact, type ArtifactSource } from '@ml4t/core/persist';
import type * as z from 'zod';
import { portfolioConfigSchema, type PortfolioConfig } from '../config.ts';
import { holdingsOf } from '../objective/index.ts';
import { judgeWeights } from '../training/judge.ts';
import { conventionsOf } from '../training/loss.ts';
import type { PortfolioPredictOptions } from '../training/fitted.ts';
import { requireUsable } from '../training/requirements.ts';
import { packageVersion } from '../version.ts';

/** Configuration of {@link EqualWeightPortfolioModel}: how its metrics are formed, and whether positions are volatility-scaled. */
export const equalWeightConfigSchema = portfolioConfigSchema.pick({
  seed: true,
  gammaCost: true,
  turnoverPenalty: true,
  annualizationFactor: true,
  sharpeEps: true,
  volatilityScaling: true,
  universeChanges: true,
  holdings: true,
});

export type EqualWeightConfig = Readonly<z.output<typeof equalWeightConfigSchema>>;
export type EqualWeightConfigInput = z.input<typeof equalWeightConfigSchema>;

/** Throws ConfigError. */
export function parseEqualWeightConfig(input: unknown): EqualWeightConfig {
  return parseConfig(equalWeightConfigSchema, input, 'EqualWeightConfig');
}

/**
 * The benchmark of every allocator: 1 / N_t in each of the N_t assets that can be held, times their volatility scales where the
 * batch has some. Nothing is estimated; `fit` measures how it did.
 *
 * Source: DeMiguel, Garlappi and Uppal (2009), "Optimal versus naive diversification", Review of Financial Studies 22.
 */
export class EqualWeightPortfolioModel implements PortfolioModel {
  readonly modelType = 'equal-weight';
  readonly config: EqualWeightConfig;
  #summary: FitSummary | undefined;

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: EqualWeightConfigInput = {}) {
    this.config = parseEqualWeightConfig(config);
  }

  get isFitted(): boolean {
    return this.#summary !== undefined;
  }
  get fitSummary(): FitSummary {
    return this.#requireSummary('fitSummary');
  }

  /** Throws DataError when the batch has no returns, AbortedError. */
  fit(batch: PortfolioSequenceBatch, options: FitOptions<PortfolioSequenceBatch> = {}): Promise<FitSummary> {
    return Promise.resolve().then(() => {
      const started = performance.now();
      requireFitArguments(batch, options, { operation: 'EqualWeightPortfolioModel.fit', kind: 'portfolio-sequence' });
      const { validation } = options;
      const config = this.#portfolio;
      requireUsable(batch, config, 'batch');
      if (validation) requireUsable(validation, config, 'validation');
      const judge = (on: PortfolioSequenceBatch): Record<string, number> => ({
        ...judgeWeights(on, equalWeights(on), config),
      });
      const { nWindows: windows, nSteps: steps, nAssets: assets } = batch;
      this.#summary = deepFreeze<FitSummary>({
        converged: true,
        stopReason: 'closed-form',
        iterations: 0,
        trainMetrics: judge(batch),
        validationMetrics: validation && judge(validation),
        history: [],
        notes: [],
        runRecord: {
          modelType: this.modelType,
          packageVersion: packageVersion(),
          config: this.config,
          engine: 'float64',
          dimensions: { windows, steps, assets },
          stopReason: 'closed-form',
          seconds: (performance.now() - started) / 1000,
        },
      });
      return this.#summary;
    });
  }

  /** Holdings (B x T x N), 0 where the mask is false. Throws NotFittedError. */
  predict(batch: PortfolioSequenceBatch, options: PortfolioPredictOptions = {}): Promise<PortfolioWeightsResult> {
    return Promise.resolve().then(() => {
      this.#requireSummary('predict');
      requirePredictArguments(batch, options, {
        operation: 'EqualWeightPortfolioModel.predict',
        kind: 'portfolio-sequence',
      });
      return new PortfolioWeightsResult(batch, holdingsOf(batch, equalWeights(batch), conventionsOf(this.#portfolio)));
    });
  }

  /** Writes configuration and fit summary as one artifact, atomically. */
  async save(path: string): Promise<void> {
    await saveArtifact(path, {
      modelType: this.modelType,
      formatVersion: 1,
      packageVersion: packageVersion(),
      config: this.config,
      state: {},
      record: this.#requireSummary('save'),
      arrays: {},
    });
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<EqualWeightPortfolioModel> {
    const artifact = await loadArtifact(source, { modelType: 'equal-weight' });
    const { path, config, arrays } = artifact;
    const extra = Object.keys(arrays)[0];
    if (extra !== undefined)
      throw new ArtifactError({
        field: `${path}: arrays.${extra}`,
        expected: 'no array',
        found: 'an extra array',
        remedy: 'Save the model again.',
      });
    const model = new EqualWeightPortfolioModel(parseEqualWeightConfig(config));
    model.#summary = readSummary(artifact);
    return model;
  }

  #requireSummary(operation: string): FitSummary {
    if (!this.#summary) throw new NotFittedError('EqualWeightPortfolioModel', operation);
    return this.#summary;
  }

  /** Its weights are holdings, as those of the long-only head. */
  get #portfolio(): PortfolioConfig {
    return portfolioConfigSchema.parse({ ...this.config, head: 'long-only' });
  }
}

/** 1 / N_t where the mask is true (B x T x N). */
function equalWeights({ mask, nAssets }: PortfolioSequenceBatch): Float64Array {
  const weights = new Float64Array(mask.length);
  for (let from = 0; from < mask.length; from += nAssets) {
    const available = mask.subarray(from, from + nAssets).reduce((sum, flag) => sum + flag, 0);
    for (let i = from; i < from + nAssets; i++) weights[i] = mask[i] ? 1 / available : 0;
  }
  return weights;
}

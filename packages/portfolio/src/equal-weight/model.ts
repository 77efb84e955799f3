import {
  PortfolioWeightsResult,
  type FitOptions,
  type FitSummary,
  type PortfolioModel,
  type PortfolioSequenceBatch,
} from '@ml4t/core';
import { ClosedFormModel, parseConfig, requirePredictArguments, type Estimation } from '@ml4t/core/authoring';
import { loadArtifact, readSummary, type ArtifactContent, type ArtifactSource } from '@ml4t/core/persist';
import type * as z from 'zod';
import { portfolioConfigSchema, type PortfolioConfig } from '../config.ts';
import { holdingsOf } from '../objective/index.ts';
import { annualized } from '../training/annualization.ts';
import { judgeWeights, type Judgement } from '../training/judge.ts';
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

/** Nothing is estimated: how it did is all. */
interface EqualWeightFit {
  readonly summary: FitSummary<Judgement>;
}

/**
 * The benchmark of every allocator: 1 / N_t in each of the N_t assets that can be held, times their volatility scales where the
 * batch has some. Nothing is estimated; `fit` measures how it did.
 *
 * Source: DeMiguel, Garlappi and Uppal (2009), "Optimal versus naive diversification", Review of Financial Studies 22.
 */
export class EqualWeightPortfolioModel
  extends ClosedFormModel<PortfolioSequenceBatch, EqualWeightFit>
  implements PortfolioModel
{
  readonly modelType = 'equal-weight';
  readonly config: EqualWeightConfig;
  protected readonly packageVersion = packageVersion();
  protected override readonly batchKind = 'portfolio-sequence';

  /** Throws ConfigError when a field is unknown or out of range. */
  constructor(config: EqualWeightConfigInput = {}) {
    super();
    this.config = parseEqualWeightConfig(config);
  }

  /** Throws DataError when the batch has no returns. */
  protected estimate(
    batch: PortfolioSequenceBatch,
    { validation }: FitOptions<PortfolioSequenceBatch>,
  ): Estimation<EqualWeightFit> {
    const { config, notes } = annualized(this.#portfolio, batch);
    requireUsable(batch, config, 'batch');
    if (validation) requireUsable(validation, config, 'validation');
    const judge = (on: PortfolioSequenceBatch): Judgement => judgeWeights(on, equalWeights(on), config);
    const { nWindows: windows, nSteps: steps, nAssets: assets } = batch;
    return {
      fit: {},
      report: {
        stopReason: 'closed-form',
        trainMetrics: judge(batch),
        validationMetrics: validation && judge(validation),
        engine: 'float64',
        notes,
        dimensions: { windows, steps, assets },
      },
    };
  }

  /** Holdings (B x T x N), 0 where the mask is false. Throws NotFittedError. */
  predict(batch: PortfolioSequenceBatch, options: PortfolioPredictOptions = {}): Promise<PortfolioWeightsResult> {
    return Promise.resolve().then(() => {
      this.requireFit('predict');
      requirePredictArguments(batch, options, {
        operation: 'EqualWeightPortfolioModel.predict',
        kind: 'portfolio-sequence',
      });
      return new PortfolioWeightsResult(batch, holdingsOf(batch, equalWeights(batch), conventionsOf(this.#portfolio)));
    });
  }

  protected contentOf(): Pick<ArtifactContent, 'state' | 'arrays'> {
    return { state: {}, arrays: {} };
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<EqualWeightPortfolioModel> {
    const artifact = await loadArtifact(source, { modelType: 'equal-weight', arrays: [] });
    const model = new EqualWeightPortfolioModel(parseEqualWeightConfig(artifact.config));
    model.restore({ summary: readSummary<FitSummary<Judgement>>(artifact) });
    return model;
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

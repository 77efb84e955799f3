import type { PortfolioSequenceBatch } from '../batches/portfolio-sequence.ts';
import { requireLength } from '../validation.ts';

/** Target weights for each window, step and asset of a PortfolioSequenceBatch; 0 where the mask is false. */
export class PortfolioWeightsResult {
  readonly nWindows: number;
  readonly nSteps: number;
  readonly assetIds: readonly string[];
  /** (B x T) */
  readonly timestamps: Float64Array;
  /** (B x T x N), row-major; held from each step's date to the next. */
  readonly weights: Float64Array;
  readonly checkpoint: string | undefined;

  constructor(batch: PortfolioSequenceBatch, weights: Float64Array, checkpoint?: string) {
    requireLength('weights', weights, batch.nWindows * batch.nSteps * batch.nAssets, 'windows x steps x assets');
    this.nWindows = batch.nWindows;
    this.nSteps = batch.nSteps;
    this.assetIds = batch.assetIds;
    this.timestamps = batch.timestamps;
    this.weights = weights;
    this.checkpoint = checkpoint;
    Object.freeze(this);
  }

  get nAssets(): number {
    return this.assetIds.length;
  }
}

/** What an allocation pipeline returns: the model's weights and what the postprocessors made of them. */
export interface PortfolioPrediction {
  readonly modelWeights: PortfolioWeightsResult;
  readonly weights: PortfolioWeightsResult;
}

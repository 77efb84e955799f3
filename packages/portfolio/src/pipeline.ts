import {
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type PortfolioModel,
  type PortfolioPostprocessor,
  type PortfolioPrediction,
  type PortfolioSequenceBatch,
} from '@ml4t/core';

/**
 * A portfolio model and the postprocessors that its weights go through, in their order, as one object.
 *
 * `fit` hands validation, signal and progress to the model. `predict` hands the checkpoint to it, and returns the model's own
 * weights beside those that came out at the end.
 *
 * @example
 * const pipeline = new PortfolioAllocationPipeline({
 *   model: new LinearFeaturePortfolioModel(),
 *   postprocessors: [new WeightConstraintPostprocessor({ maxAbsWeight: 0.1 })],
 * });
 * await pipeline.fit(train, { validation });
 * const { weights } = await pipeline.predict(test);
 */
export class PortfolioAllocationPipeline {
  readonly model: PortfolioModel;
  readonly postprocessors: readonly PortfolioPostprocessor[];

  constructor(parts: {
    readonly model: PortfolioModel;
    /** None where absent: the model's weights are the result. */
    readonly postprocessors?: readonly PortfolioPostprocessor[];
  }) {
    this.model = parts.model;
    this.postprocessors = Object.freeze([...(parts.postprocessors ?? [])]);
  }

  get isFitted(): boolean {
    return this.model.isFitted;
  }

  async fit(batch: PortfolioSequenceBatch, options: FitOptions<PortfolioSequenceBatch> = {}): Promise<FitSummary> {
    return this.model.fit(batch, options);
  }

  /** Throws as the model and the postprocessors do. */
  async predict(batch: PortfolioSequenceBatch, options: ExtractOptions = {}): Promise<PortfolioPrediction> {
    const modelWeights = await this.model.predict(batch, options);
    const weights = this.postprocessors.reduce((w, postprocessor) => postprocessor.transform(batch, w), modelWeights);
    return { modelWeights, weights };
  }
}

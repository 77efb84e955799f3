import type { Ops, Parameters, ParameterSpecs, Tensor } from '@ml4t/core/nn';

/** Sizes that the data decide. */
export interface NetworkSizes {
  readonly nFeatures: number;
  readonly nAssets: number;
  /** Groups that group ids count; 0 where the batch has none. */
  readonly nGroups: number;
}

/** What a network sees of B windows. Nothing in it depends on a return after the date of its step. */
export interface NetworkInputs {
  /** (B, T, N, F), scaled; 0 where the mask is. */
  readonly features: Tensor;
  /** (B, T, N) of 0 and 1. */
  readonly mask: Tensor;
  /** (N): position of each asset among those of the fit. */
  readonly assets: Int32Array;
  /** (N) */
  readonly groupIds: Int32Array | undefined;
  /** (N, 1): costs over their mean at the fit. */
  readonly costs: Tensor | undefined;
  /** (N, N): strength in [0, 1] of the edge from an asset (row) to one that it looks at (column). */
  readonly adjacency: Float64Array | undefined;
}

/** A network that scores every asset on every date; a head makes weights of scores. */
export interface PortfolioNetwork {
  /** Whether features are standardised by training mean and deviation first. */
  readonly standardizes: boolean;
  /** What the batch must have for this network. */
  readonly needs: readonly ('groupIds' | 'costs' | 'adjacency')[];
  /** Whether it learns who each asset is: then it has weights for the assets of the fit alone. */
  readonly knowsAssets: boolean;
  parameters(sizes: NetworkSizes): ParameterSpecs;
  /** (B, T, N). Scores where the mask is 0 are not read. */
  scores(ops: Ops, params: Parameters, inputs: NetworkInputs): Tensor;
}

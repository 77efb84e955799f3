import { PortfolioSequenceBatch, Random } from '@ml4t/core';

export interface SmallOptions {
  readonly nWindows?: number;
  readonly nSteps?: number;
  readonly nAssets?: number;
  /** What lies where the mask is false. */
  readonly hidden?: number;
  /** Share of cells that can be held. */
  readonly available?: number;
  /** Days from the start of one window to that of the next. Default: windows do not overlap. */
  readonly stride?: number;
  readonly returnHorizon?: number;
}

const day = 86_400_000;

/** Windows with a signal: the first feature is a noisy view of the next return. */
export function smallBatch(seed: number, options: SmallOptions = {}): PortfolioSequenceBatch {
  const { nWindows: B = 9, nSteps: T = 6, nAssets: N = 4, hidden = Number.NaN, available = 0.85 } = options;
  const { stride = T } = options;
  const F = 3;
  const random = new Random(seed);
  const cells = B * T * N;
  const mask = Uint8Array.from({ length: cells }, () => (random.uniform() < available ? 1 : 0));
  const returns = Float64Array.from({ length: cells }, () => 0.01 * random.normal());
  const features = Float64Array.from({ length: cells * F }, (_, i) =>
    i % F === 0 ? 100 * returns[i / F] + 1.5 * random.normal() : 2 + 3 * random.normal(),
  );
  const volScale = Float64Array.from({ length: cells }, () => 0.5 + random.uniform());
  const clean = (values: Float64Array, width: number): Float64Array =>
    values.map((x, i) => (mask[Math.floor(i / width)] ? x : hidden));
  return new PortfolioSequenceBatch({
    features: clean(features, F),
    shape: [B, T, N, F],
    forwardReturns: clean(returns, 1),
    volScale: clean(volScale, 1),
    mask,
    returnHorizon: options.returnHorizon,
    costs: Array.from({ length: N }, (_, i) => 0.0005 * (i + 1)),
    groupIds: Array.from({ length: N }, (_, i) => i % 2),
    adjacency: Array.from({ length: N * N }, (_, i) => [1, 0.5, 0][(i + Math.floor(i / N)) % 3]),
    timestamps: Array.from({ length: B }, (_, b) => Array.from({ length: T }, (_, t) => day * (b * stride + t + 1))),
  });
}

/** The batch with some of its arrays replaced. */
export function edited(
  batch: PortfolioSequenceBatch,
  edit: (arrays: { features: Float64Array; forwardReturns: Float64Array; volScale: Float64Array }) => void,
): PortfolioSequenceBatch {
  const arrays = {
    features: Float64Array.from(batch.features),
    forwardReturns: (batch.forwardReturns ?? new Float64Array()).slice(),
    volScale: (batch.volScale ?? new Float64Array()).slice(),
  };
  edit(arrays);
  return rebuilt(batch, arrays);
}

export function rebuilt(
  batch: PortfolioSequenceBatch,
  changes: Partial<ConstructorParameters<typeof PortfolioSequenceBatch>[0]>,
): PortfolioSequenceBatch {
  const { nWindows, nSteps, nAssets, nFeatures, timestamps } = batch;
  const { features, mask, assetIds, featureNames, forwardReturns, volScale, prevWeights, costs, groupIds, adjacency } =
    batch;
  const optional = { forwardReturns, volScale, prevWeights, costs, groupIds, adjacency };
  return new PortfolioSequenceBatch({
    features,
    shape: [nWindows, nSteps, nAssets, nFeatures],
    mask,
    assetIds,
    featureNames,
    timestamps: Array.from({ length: nWindows }, (_, b) =>
      Array.from(timestamps.subarray(b * nSteps, (b + 1) * nSteps)),
    ),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    ...changes,
  });
}

import { CrossSectionBatch } from '../batches/cross-section.ts';
import type { PersistentPanelBatch } from '../batches/persistent-panel.ts';
import { PortfolioSequenceBatch } from '../batches/portfolio-sequence.ts';
import type { ModelRegistration } from '../models/interfaces.ts';
import { Random } from '../random/random.ts';
import { simulateNonlinearSignalPanel } from '../simulate/nonlinear-signal-panel.ts';
import { simulateStaticFactorPanel } from '../simulate/static-factor-panel.ts';

/** Batches of one kind for the estimator contract: small, valid, with a signal, and enough to fit any model on. */
export interface ContractBatches<Batch extends object> {
  readonly batch: Batch;
  /** Of the same shape, with other numbers. */
  readonly otherBatch: Batch;
  readonly batchWithMissing: Batch;
  readonly validation: Batch;
  /** Without returns, or with too few. */
  readonly unusableBatch: Batch;
}

export function contractBatches(kind: ModelRegistration['batchKind']): ContractBatches<object> {
  if (kind === 'persistent-panel') return persistentPanels();
  return kind === 'cross-section' ? crossSections() : portfolioSequences();
}

function crossSections(): ContractBatches<CrossSectionBatch> {
  const panel = (seed: number, nDates = 24): CrossSectionBatch => {
    const size = { nDates, nAssets: 24, nCharacteristics: 4, correlation: 0.5 };
    const { batch } = simulateNonlinearSignalPanel({ seed, ...size });
    // A context that moves, for models that read one.
    const random = new Random(seed);
    return new CrossSectionBatch({
      ...batch,
      contextNames: ['rate'],
      contextFeatures: Float64Array.from({ length: nDates }, () => random.normal()),
    });
  };
  const batch = panel(1);
  const returns = batch.requireReturns('the contract');
  return {
    batch,
    otherBatch: panel(2),
    batchWithMissing: batch
      .withCharacteristics(
        Float64Array.from(batch.characteristics, (value, at) => (at % 37 === 3 ? Number.NaN : value)),
      )
      .withReturns(returns.map((value, row) => (row % 11 === 5 ? Number.NaN : value))),
    validation: panel(3, 12),
    unusableBatch: batch.withoutReturns(),
  };
}

function persistentPanels(): ContractBatches<PersistentPanelBatch> {
  const panel = (seed: number, missingShare = 0): PersistentPanelBatch =>
    simulateStaticFactorPanel({ seed, nDates: 40, nAssets: 12, missingShare }).batch;
  return {
    batch: panel(1),
    otherBatch: panel(2),
    batchWithMissing: panel(1, 0.1),
    validation: panel(3),
    unusableBatch: panel(1).slice(0, 2),
  };
}

const DAY = 86_400_000;

function portfolioSequences(): ContractBatches<PortfolioSequenceBatch> {
  const windows = (seed: number, { hidden = 0, withReturns = true } = {}): PortfolioSequenceBatch => {
    const [b, t, n, f] = [8, 6, 4, 2];
    const random = new Random(seed);
    const mask = Uint8Array.from({ length: b * t * n }, () => (random.uniform() < 0.9 ? 1 : 0));
    const returns = Float64Array.from({ length: b * t * n }, () => 0.01 * random.normal());
    const features = Float64Array.from({ length: b * t * n * f }, (_, i) =>
      i % f === 0 ? 100 * returns[i / f] + random.normal() : random.normal(),
    );
    const masked = (values: Float64Array, width: number): Float64Array =>
      values.map((value, i) => (mask[Math.floor(i / width)] ? value : hidden));
    return new PortfolioSequenceBatch({
      features: masked(features, f),
      shape: [b, t, n, f],
      mask,
      costs: Array.from({ length: n }, (_, i) => 0.0005 * (i + 1)),
      groupIds: Array.from({ length: n }, (_, i) => i % 2),
      timestamps: Array.from({ length: b }, (_, w) => Array.from({ length: t }, (_, s) => DAY * (w * t + s + 1))),
      ...(withReturns ? { forwardReturns: masked(returns, 1) } : {}),
    });
  };
  return {
    batch: windows(1),
    otherBatch: windows(2),
    // What lies under the mask may be anything.
    batchWithMissing: windows(1, { hidden: Number.NaN }),
    validation: windows(3),
    unusableBatch: windows(1, { withReturns: false }),
  };
}

import { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import { NotFittedError } from '../../src/errors.ts';
import type { FitSummary } from '../../src/results/fit-summary.ts';
import { AssetSignalResult } from '../../src/results/asset-level.ts';

const DAY = 86_400_000;

/** A ragged panel of `nDates` x up to `nAssets`, every fifth cell absent; deterministic and with no symmetry. */
export function raggedPanel(nDates: number, nAssets: number): CrossSectionBatch {
  const timestamps: number[] = [];
  const rowOffsets = [0];
  const assetIndex: number[] = [];
  const returns: number[] = [];
  const size: number[] = [];
  for (let t = 0; t < nDates; t++) {
    timestamps.push(t * DAY);
    for (let i = 0; i < nAssets; i++) {
      if ((t + 2 * i) % 5 === 0) continue;
      assetIndex.push(i);
      returns.push(Math.sin(1 + 3 * t + 7 * i) / 10);
      size.push(Math.cos(2 + 5 * t + 11 * i));
    }
    rowOffsets.push(assetIndex.length);
  }
  return CrossSectionBatch.fromArrays({
    timestamps: Float64Array.from(timestamps),
    rowOffsets,
    assetIndex,
    assetIds: Array.from({ length: nAssets }, (_, i) => `asset${i}`),
    characteristicNames: ['size'],
    characteristics: size,
    returns,
  });
}

/** The same panel with every characteristic after date t, and every return earned after date t, replaced. */
export function perturbAfter(batch: CrossSectionBatch, t: number): CrossSectionBatch {
  const { index } = batch;
  const returns = Float64Array.from(batch.requireReturns('perturbation'));
  // The return in row t is earned after t, so it is not known on t either.
  for (let row = index.rowOffsets[t]; row < index.nRows; row++) returns[row] = 1e3 + row;
  const characteristics = Float64Array.from(batch.characteristics);
  for (let row = index.rowOffsets[t + 1]; row < index.nRows; row++) characteristics[row] = -1e3 - row;
  return new CrossSectionBatch({ index, characteristicNames: batch.characteristicNames, characteristics, returns });
}

export const summary = (nDates: number): FitSummary => ({
  converged: true,
  stopReason: 'closed-form',
  iterations: 0,
  trainMetrics: { nDates },
  history: [],
  notes: [],
  runRecord: {
    modelType: 'slope',
    packageVersion: '0.0.0',
    config: {},
    engine: 'none',
    dimensions: { dates: nDates },
    stopReason: 'closed-form',
    seconds: 0,
  },
});

/**
 * The smallest honest family: forecast = (slope of r on size, from all returns realised before the date) x size.
 * With `peek` it also uses the returns of the date itself, which are earned after it.
 */
export class SlopeModel {
  fittedDates: readonly number[] = [];
  private xr = Number.NaN;
  private xx = Number.NaN;
  private readonly peek: boolean;

  constructor({ peek = false } = {}) {
    this.peek = peek;
  }

  async fit(batch: CrossSectionBatch): Promise<FitSummary> {
    this.xr = 0;
    this.xx = 0;
    this.fittedDates = Array.from(batch.timestamps);
    for (let t = 0; t < batch.nDates; t++) this.learn(batch, t);
    return summary(batch.nDates);
  }

  async predict(batch: CrossSectionBatch): Promise<AssetSignalResult> {
    if (this.fittedDates.length === 0) throw new NotFittedError('SlopeModel', 'predict');
    const { xr, xx } = this;
    const signals = new Float64Array(batch.nRows);
    for (let t = 0; t < batch.nDates; t++) {
      if (this.peek) this.learn(batch, t);
      for (let row = batch.index.rowOffsets[t]; row < batch.index.rowOffsets[t + 1]; row++)
        signals[row] = (this.xr / this.xx) * batch.characteristics[row];
      if (!this.peek) this.learn(batch, t);
    }
    this.xr = xr;
    this.xx = xx;
    return new AssetSignalResult({ index: batch.index, signals, unit: 'return' });
  }

  private learn(batch: CrossSectionBatch, t: number): void {
    const returns = batch.requireReturns('SlopeModel');
    for (let row = batch.index.rowOffsets[t]; row < batch.index.rowOffsets[t + 1]; row++) {
      this.xr += batch.characteristics[row] * returns[row];
      this.xx += batch.characteristics[row] ** 2;
    }
  }
}

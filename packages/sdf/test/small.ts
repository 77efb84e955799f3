import { CrossSectionBatch } from '@ml4t/core';
import type { FloatArray } from '@ml4t/core/authoring';
import { CounterRandom } from '@ml4t/core/nn';
import type { StochasticDiscountFactorConfigInput } from '../src/index.ts';

/** A configuration that trains in a moment: three phases, two context states. */
export const smallConfig: StochasticDiscountFactorConfigInput = {
  stateDimSdf: 2,
  stateDimMoment: 3,
  hiddenDim: 5,
  nInstruments: 2,
  nEpochsUnc: 3,
  nEpochsMoment: 2,
  nEpochsCond: 4,
  subEpochs: 2,
  ignoreFirst: 1,
  learningRate: 0.01,
  threads: 1,
};

export interface PanelOptions {
  readonly seed?: number;
  readonly nDates?: number;
  readonly nAssets?: number;
  readonly context?: boolean;
}

/** A ragged panel with a premium on the first characteristic. */
export function smallPanel({
  seed = 1,
  nDates = 16,
  nAssets = 12,
  context = true,
}: PanelOptions = {}): CrossSectionBatch {
  const draw = new CounterRandom(seed);
  const rows: { t: number; asset: number; c: number[]; r: number }[] = [];
  for (let t = 0; t < nDates; t++) {
    const factor = 0.1 + 0.2 * draw.normal();
    for (let asset = 0; asset < nAssets; asset++) {
      const c = [draw.normal(), draw.normal(), draw.normal()];
      const r = c[0] * factor + 0.3 * draw.normal();
      if (draw.uniform() > 0.15) rows.push({ t, asset, c, r });
    }
  }
  const offsets = Array.from({ length: nDates + 1 }, (_, t) => rows.filter((row) => row.t < t).length);
  return CrossSectionBatch.fromArrays({
    timestamps: Float64Array.from({ length: nDates }, (_, t) => Date.UTC(2000, t, 1)),
    rowOffsets: offsets,
    assetIndex: rows.map(({ asset }) => asset),
    assetIds: Array.from({ length: nAssets }, (_, i) => `a${i}`),
    characteristicNames: ['c1', 'c2', 'c3'],
    characteristics: Float64Array.from(rows.flatMap(({ c }) => c)),
    returns: Float64Array.from(rows.map(({ r }) => r)),
    ...(context
      ? {
          contextNames: ['x', 'y'],
          contextFeatures: Float64Array.from({ length: 2 * nDates }, () => draw.normal()),
        }
      : {}),
  });
}

/** The same rows with some of the numbers replaced. */
export function changed(values: FloatArray, change: (value: number, at: number) => number): Float64Array {
  return Float64Array.from(values, change);
}

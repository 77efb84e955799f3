import { describe, expect, it } from '@jest/globals';
import { DataError } from '../../src/errors.ts';
import type { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import type { Estimator } from '../../src/models/interfaces.ts';
import type { FitSummary } from '../../src/results/fit-summary.ts';
import { simulateConditionalFactorPanel } from '../../src/simulate/index.ts';
import { extremeChecks, type ExtremesUnderTest } from '../../src/testing/extremes.ts';

const { batch } = simulateConditionalFactorPanel({ nAssets: 12, nDates: 10, nCharacteristics: 3 });

/** Sums of characteristics in float32 times a rate. It may say so where they are not finite, or not. */
class SumsModel implements Estimator<CrossSectionBatch> {
  readonly modelType = 'sums';
  readonly config: object = {};
  isFitted = false;

  readonly rate: number;
  readonly careful: boolean;

  constructor(rate: number, careful: boolean) {
    this.rate = rate;
    this.careful = careful;
  }

  sums(on: CrossSectionBatch): Float32Array {
    const p = on.nCharacteristics;
    const found = Float32Array.from({ length: on.nRows }, (_, row) =>
      Array.from(on.characteristics.subarray(row * p, (row + 1) * p), (z) => Math.fround(this.rate * z)).reduce(
        (sum, z) => sum + z,
        0,
      ),
    );
    const broken = found.findIndex((sum) => !Number.isFinite(sum));
    if (this.careful && broken >= 0)
      throw new DataError({ field: on.characteristicNames[p - 1], expected: '', found: '', remedy: '' });
    return found;
  }

  async fit(on: CrossSectionBatch): Promise<FitSummary> {
    this.sums(on);
    this.isFitted = true;
    return {} as FitSummary;
  }

  async save(): Promise<void> {}
}

const checksOf = (
  careful: boolean,
  extremes: Partial<ExtremesUnderTest<CrossSectionBatch, SumsModel>>,
): Record<string, () => Promise<void>> =>
  extremeChecks<CrossSectionBatch, SumsModel>(
    { beyondFloat32: 'refused', ...extremes },
    {
      batch,
      create: () => new SumsModel(1, careful),
      outputs: async (model, on) => new Map([['sums', Float64Array.from(model.sums(on))]]),
    },
  );
const run = async (checks: Record<string, () => Promise<void>>): Promise<void> => {
  for (const check of Object.values(checks)) await check();
};
const huge = (careful: boolean) => (rate: number) => new SumsModel(1e10 * rate, careful);

describe('the section about extremes', () => {
  it('passes a model that says so', async () => {
    await expect(run(checksOf(true, { atLearningRate: huge(true) }))).resolves.toBeUndefined();
  });

  it('fails one that keeps a fit that diverged, one that takes any input, and itself where nothing diverges', async () => {
    await expect(run(checksOf(true, { atLearningRate: huge(false) }))).rejects.toThrow(/is not finite/);
    await expect(run(checksOf(false, {}))).rejects.toThrow(/1e\+39 was taken/);
    await expect(run(checksOf(false, { beyondFloat32: 'held' }))).rejects.toThrow(/is not finite/);
    const small = (): SumsModel => new SumsModel(1, true);
    await expect(run(checksOf(true, { atLearningRate: small }))).rejects.toThrow(/no learning rate made/);
  });
});

import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import { PersistentPanelBatch } from '../../src/batches/persistent-panel.ts';
import { PortfolioSequenceBatch } from '../../src/batches/portfolio-sequence.ts';
import type { Estimator } from '../../src/models/interfaces.ts';
import type { FitSummary } from '../../src/results/fit-summary.ts';
import { simulateConditionalFactorPanel } from '../../src/simulate/index.ts';
import { characteristicsTimes, returnsTimes, type UnitPromise } from '../../src/testing/index.ts';
import { unitChecks } from '../../src/testing/units.ts';

const { batch } = simulateConditionalFactorPanel({ nAssets: 12, nDates: 10, nCharacteristics: 3 });

/** Slopes of returns on each characteristic alone, `z'r / (z'z + ridge)`, and the returns that they fit. */
class SlopesModel implements Estimator<CrossSectionBatch> {
  readonly modelType = 'slopes';
  readonly config: object = {};
  readonly isFitted = true;
  fitted = new Float64Array(0);
  readonly #ridge: number;

  constructor(ridge: number) {
    this.#ridge = ridge;
  }

  async fit(on: CrossSectionBatch): Promise<FitSummary> {
    const returns = on.requireReturns('the test');
    const { characteristics: z, nCharacteristics: p } = on;
    const slopes = Array.from({ length: p }, (_, j) => {
      let [zz, zr] = [this.#ridge, 0];
      returns.forEach((r, row) => {
        zz += z[row * p + j] * z[row * p + j];
        zr += z[row * p + j] * r;
      });
      return zr / zz;
    });
    this.fitted = returns.map((_, row) => slopes.reduce((sum, slope, j) => sum + slope * z[row * p + j], 0));
    return {} as FitSummary;
  }

  async save(): Promise<void> {}
}

const promise = { tolerance: 1e-10 };
const checksOf = (
  ridge: number,
  returns: UnitPromise = promise,
  characteristics: UnitPromise = promise,
  shift = 0,
): Record<string, () => Promise<void>> =>
  unitChecks<CrossSectionBatch, SlopesModel>(
    {
      figures: async ({ fitted }) => ({ ofReturns: { fitted: fitted.map((value) => value + shift) } }),
      returns,
      characteristics,
      batch,
    },
    async (on) => {
      const model = new SlopesModel(ridge);
      return { model, summary: await model.fit(on) };
    },
  );
const ofReturns = 'says the same in every unit of returns';
const ofCharacteristics = 'says the same in every unit of single characteristics';

describe('the units section of the contract', () => {
  it('accepts a model without units', async () => {
    const checks = checksOf(0);
    expect(Object.keys(checks)).toEqual([ofReturns, ofCharacteristics]);
    for (const run of Object.values(checks)) await run();
  });

  it('catches an absolute ridge by the unit of characteristics, not of returns', async () => {
    const checks = checksOf(1);
    await checks[ofReturns]();
    await expect(checks[ofCharacteristics]()).rejects.toThrow('fitted differs by');
  });

  it('catches what does not follow the returns', async () => {
    await expect(checksOf(0, promise, promise, 1)[ofReturns]()).rejects.toThrow('fitted differs by');
  });

  it('holds an exception to its word: it has to depend on the unit', async () => {
    const reason = 'the ridge is absolute: see the docs';
    const dependent = checksOf(1, promise, { dependsBecause: reason });
    await dependent[`depends on units of characteristics: ${reason}`]();
    const independent = checksOf(0, { dependsBecause: reason }, { dependsBecause: reason });
    await expect(independent[`depends on the unit of returns: ${reason}`]()).rejects.toThrow('changes nothing');
    await expect(independent[`depends on units of characteristics: ${reason}`]()).rejects.toThrow('changes nothing');
  });

  it('refuses figures that compare nothing', async () => {
    const none = unitChecks<CrossSectionBatch, SlopesModel>(
      { figures: async () => ({ unitFree: { zero: [0, Number.NaN] } }), returns: promise, batch },
      async (on) => {
        const model = new SlopesModel(0);
        return { model, summary: await model.fit(on) };
      },
    );
    await expect(none[ofReturns]()).rejects.toThrow('zero is zero or unknown throughout');
  });
});

describe('a batch in other units', () => {
  it('is the same kind of batch with the same rest', () => {
    const panel = PersistentPanelBatch.fromCrossSection(batch);
    const percent = returnsTimes(panel, 100);
    expect(percent).toBeInstanceOf(PersistentPanelBatch);
    expect(percent.returns).toEqual(panel.returns.map((value) => value * 100));
    expect(percent.assetIds).toBe(panel.assetIds);
    expect(percent.nDates).toBe(panel.nDates);

    const sequence = new PortfolioSequenceBatch({
      features: [[[[1, 2]], [[3, 4]]]],
      forwardReturns: [[[0.1], [0.2]]],
      costs: [0.001],
      volScale: [[[2], [3]]],
      timestamps: [0, 1],
    });
    const points = returnsTimes(sequence, 1e4);
    expect([...(points.forwardReturns ?? [])]).toEqual([1000, 2000]);
    expect([...(points.costs ?? [])]).toEqual([10]);
    // Target over volatility: both are in units of returns.
    expect(points.volScale).toBe(sequence.volScale);
    expect([...characteristicsTimes(sequence, [10, 1]).features]).toEqual([10, 2, 30, 4]);
    expect([...characteristicsTimes(batch, [1, 10, 1]).characteristics.subarray(0, 3)]).toEqual([
      batch.characteristics[0],
      batch.characteristics[1] * 10,
      batch.characteristics[2],
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { PersistentPanelBatch } from '../../src/batches/persistent-panel.ts';
import type { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import { AbortedError, DataError, NotIdentifiedError, ShapeError } from '../../src/errors.ts';
import { signalColumns } from '../../src/evaluation/prediction-columns.ts';
import {
  assembleFolds,
  runFold,
  walkForward,
  type WalkForwardFold,
  type WalkForwardResult,
  type WalkForwardSplit,
} from '../../src/evaluation/walk-forward.ts';
import type { FitOptions } from '../../src/models/interfaces.ts';
import { describeProgress, type Progress } from '../../src/models/progress.ts';
import { AssetSignalResult } from '../../src/results/asset-level.ts';
import { SlopeModel, perturbAfter, raggedPanel, summary } from './fixtures.ts';

const split = (trainFrom: number, trainTo: number, testFrom: number, testTo: number): WalkForwardSplit => ({
  train: { from: trainFrom, to: trainTo },
  test: { from: testFrom, to: testTo },
});
const expanding = [split(0, 6, 6, 9), split(0, 9, 9, 12), split(0, 12, 12, 15)];
const panel = raggedPanel(16, 7);

const run = (
  batch: CrossSectionBatch,
  options: {
    splits?: readonly WalkForwardSplit[];
    peek?: boolean;
    signal?: AbortSignal;
    onFold?: (fold: WalkForwardFold<AssetSignalResult>) => void;
    create?: (fold: number) => SlopeModel;
    onProgress?: (progress: Progress) => void;
  } = {},
): Promise<WalkForwardResult<AssetSignalResult>> =>
  walkForward({
    batch,
    splits: options.splits ?? expanding,
    create: options.create ?? (() => new SlopeModel({ peek: options.peek ?? false })),
    columns: signalColumns,
    signal: options.signal,
    onFold: options.onFold,
    onProgress: options.onProgress,
  });

describe('walkForward', () => {
  it('predicts each test date from the fold trained before it, aligned with the rows of the test span', async () => {
    const models: SlopeModel[] = [];
    const result = await run(panel, {
      create: () => {
        models.push(new SlopeModel());
        return models[models.length - 1];
      },
    });
    expect(result.index.timestamps).toEqual(panel.timestamps.slice(6, 15));
    expect(result.index.nRows).toBe(panel.index.rowOffsets[15] - panel.index.rowOffsets[6]);
    expect(models.map((model) => model.fittedDates.length)).toEqual([6, 9, 12]);
    // The slope model's forecast for a date depends on everything before it and on nothing else, so that one pass over
    // the whole panel gives the same forecasts; only the order of the sums may differ, which it does not here.
    const whole = new SlopeModel();
    await whole.fit(panel.slice(0, 6));
    const direct = await whole.predict(panel.slice(6, 15));
    expect(result.columns.forecast).toEqual(direct.signals);
    for (let t = 0; t < 9; t++)
      for (let row = result.index.rowOffsets[t]; row < result.index.rowOffsets[t + 1]; row++)
        expect(result.foldOfRow[row]).toBe(Math.floor(t / 3));
  });

  it('leaves NaN and fold -1 on dates between test windows that no fold predicts', async () => {
    const result = await run(panel, { splits: [split(0, 4, 4, 6), split(0, 6, 9, 10)] });
    const { index, columns, foldOfRow } = result;
    expect(index.nDates).toBe(6);
    for (let t = 0; t < 6; t++)
      for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
        expect(foldOfRow[row]).toBe(t < 2 ? 0 : t < 5 ? -1 : 1);
        expect(Number.isNaN(columns.forecast[row])).toBe(t >= 2 && t < 5);
      }
  });

  it.each([6, 8, 10, 14])('makes no forecast up to date %i from anything after it', async (t) => {
    const before = await run(panel);
    const after = await run(perturbAfter(panel, t));
    const known = before.index.rowOffsets[t + 1 - 6];
    expect(after.columns.forecast.slice(0, known)).toEqual(before.columns.forecast.slice(0, known));
  });

  it('detects a model that looks ahead, so the test above means something', async () => {
    const before = await run(panel, { peek: true });
    const after = await run(perturbAfter(panel, 8), { peek: true });
    const known = before.index.rowOffsets[8 + 1 - 6];
    expect(after.columns.forecast.slice(0, known)).not.toEqual(before.columns.forecast.slice(0, known));
  });

  it('says which fold an event is of, and its share of all folds', async () => {
    class Reporting extends SlopeModel {
      override fit(
        batch: CrossSectionBatch,
        options: FitOptions<CrossSectionBatch> = {},
      ): ReturnType<SlopeModel['fit']> {
        options.onProgress?.({ phase: 'training', unit: 'epoch', step: 1, total: 2, fraction: 0.5 });
        return super.fit(batch);
      }
    }
    const events: Progress[] = [];
    await run(panel, { create: () => new Reporting(), onProgress: (event) => events.push(event) });
    expect(events.map(({ phase, fold, step, fraction }) => [phase, fold?.index, step, fraction])).toEqual([
      ['training', 0, 1, 0.5 / 3],
      ['walk-forward', undefined, 1, 1 / 3],
      ['training', 1, 1, 1.5 / 3],
      ['walk-forward', undefined, 2, 2 / 3],
      ['training', 2, 1, 2.5 / 3],
      ['walk-forward', undefined, 3, 1],
    ]);
    expect(describeProgress(events[2])).toBe('fold 2 of 3, epoch 1 of 2');
  });

  it('reports each finished fold, which survives the failure of a later one', async () => {
    const kept: WalkForwardFold<AssetSignalResult>[] = [];
    const failure = new NotIdentifiedError({ field: 'x', expected: 'y', found: 'z', remedy: 'w' });
    const create = (fold: number): SlopeModel => {
      if (fold === 2) throw failure;
      return new SlopeModel();
    };
    await expect(run(panel, { create, onFold: (fold) => void kept.push(fold) })).rejects.toBe(failure);
    expect(kept.map(({ fold }) => fold)).toEqual([0, 1]);
    const partial = assembleFolds(panel.index, kept);
    const whole = await run(panel);
    expect(partial.columns.forecast).toEqual(whole.columns.forecast.slice(0, partial.index.nRows));
    expect(partial.index.nDates).toBe(6);
  });

  it('stops at the next fold when the signal fires, with the finished folds reported', async () => {
    const controller = new AbortController();
    const kept: number[] = [];
    const aborted = run(panel, {
      signal: controller.signal,
      onFold: ({ fold }) => {
        kept.push(fold);
        if (fold === 1) controller.abort();
      },
    });
    await expect(aborted).rejects.toBeInstanceOf(AbortedError);
    expect(kept).toEqual([0, 1]);
  });

  it('lets timers and signal handlers run between folds', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    const splits = Array.from({ length: 10 }, (_, k) => split(0, 4 + k, 4 + k, 5 + k));
    await expect(run(panel, { splits, signal: controller.signal })).rejects.toBeInstanceOf(AbortedError);
  });

  it('passes the fitted estimator of the fold before for warm starts', async () => {
    const seen: (number | undefined)[] = [];
    await walkForward({
      batch: panel,
      splits: expanding,
      create: (_fold, previous: SlopeModel | undefined) => {
        seen.push(previous?.fittedDates.length);
        return new SlopeModel();
      },
      columns: signalColumns,
    });
    expect(seen).toEqual([undefined, 6, 9]);
  });

  it('hands the validation dates to fit', async () => {
    const seen: number[][] = [];
    await walkForward({
      batch: panel,
      splits: [{ ...split(0, 6, 9, 12), validation: { from: 7, to: 9 } }],
      create: () => ({
        fit: async (batch: CrossSectionBatch, options?: FitOptions<CrossSectionBatch>) => {
          seen.push(Array.from(batch.timestamps), Array.from(options?.validation?.timestamps ?? []));
          return summary(batch.nDates);
        },
        predict: async ({ index }: CrossSectionBatch) =>
          new AssetSignalResult({ index, signals: new Float64Array(index.nRows), unit: 'return' }),
      }),
      columns: signalColumns,
    });
    expect(seen).toEqual([Array.from(panel.timestamps.slice(0, 6)), Array.from(panel.timestamps.slice(7, 9))]);
  });

  it('gives the same result when folds run on their own and in another order', async () => {
    const options = { batch: panel, splits: expanding, columns: signalColumns };
    const folds: WalkForwardFold<AssetSignalResult>[] = [];
    for (const fold of [2, 0, 1]) folds.push(await runFold(options, new SlopeModel(), fold));
    const joined = assembleFolds(panel.index, folds);
    const inOrder = await run(panel);
    expect(joined.columns).toEqual(inOrder.columns);
    expect(joined.foldOfRow).toEqual(inOrder.foldOfRow);
    expect(joined.folds.map(({ fold }) => fold)).toEqual([0, 1, 2]);
  });

  it('walks over persistent panels', async () => {
    const persistent = PersistentPanelBatch.fromCrossSection(panel);
    const result = await walkForward({
      batch: persistent,
      splits: expanding,
      create: () => ({
        fit: async (batch: PersistentPanelBatch) => summary(batch.nDates),
        predict: async (batch: PersistentPanelBatch) =>
          new AssetSignalResult({ index: batch.index, signals: Float64Array.from(batch.returns), unit: 'return' }),
      }),
      columns: signalColumns,
    });
    expect(result.columns.forecast).toEqual(persistent.returns.slice(6 * 7, 15 * 7));
  });

  it.each([
    ['no folds', [], DataError, 'splits'],
    ['an empty training window', [split(0, 0, 6, 9)], ShapeError, 'splits[0].train'],
    ['an empty test window', [split(0, 6, 6, 6)], ShapeError, 'splits[0].test'],
    ['test dates outside the batch', [split(0, 6, 15, 17)], ShapeError, 'splits[0].test'],
    ['training dates among the test dates', [split(0, 7, 6, 9)], DataError, 'splits[0]'],
    [
      'validation dates among the test dates',
      [{ ...split(0, 4, 6, 9), validation: { from: 5, to: 7 } }],
      DataError,
      'splits[0]',
    ],
    ['dates predicted twice', [split(0, 6, 6, 9), split(0, 8, 8, 10)], DataError, 'splits[1].test'],
  ] as const)('refuses %s', async (_name, splits, kind, field) => {
    const failed = run(panel, { splits });
    await expect(failed).rejects.toBeInstanceOf(kind);
    await expect(failed).rejects.toMatchObject({ field });
  });

  it('refuses columns that do not match the rows of the test dates', async () => {
    const wrong = walkForward({
      batch: panel,
      splits: expanding,
      create: () => new SlopeModel(),
      columns: () => ({ forecast: new Float64Array(3) }),
    });
    await expect(wrong).rejects.toMatchObject({ code: 'shape', field: 'columns.forecast' });
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactError, ConfigError, DataError, NotFittedError, rankInformationCoefficient } from '@ml4t/core';
import { loadArtifact, saveArtifact } from '@ml4t/core/persist';
import { gram, matrix, multiply, solvePositiveDefinite } from '@ml4t/core/linalg';
import { simulateNonlinearSignalPanel } from '@ml4t/core/simulate';
import { describe, expect, it } from '@jest/globals';
import { modelRegistry, SAEModel } from '../src/index.ts';
import { edited, small, smallPanel } from './small-panel.ts';

const batch = smallPanel(1);
const later = smallPanel(2);

describe('predictions', () => {
  it('are aligned to the rows of the batch, NaN where a characteristic is missing and nowhere else', async () => {
    const model = new SAEModel({ ...small, targetScaling: 'standardize' });
    await model.fit(batch);
    const gaps = edited(later, ({ characteristics, returns }) => {
      characteristics[7 * 5 + 2] = Number.NaN;
      characteristics[100 * 5] = Number.NaN;
      returns.fill(Number.NaN, 20, 40);
    });
    const [full, holed] = [await model.predict(later), await model.predict(gaps)];
    expect(holed.index).toBe(gaps.index);
    expect(holed.unit).toBe('return');
    holed.signals.forEach((value, row) => {
      if (row === 7 || row === 100) expect(value).toBeNaN();
      else expect(value).toBe(full.signals[row]);
    });
  });

  it('depend on their own row alone: later dates, other rows and returns change nothing', async () => {
    const model = new SAEModel(small);
    await model.fit(batch);
    const before = (await model.predict(later)).signals;
    const cut = later.index.rowOffsets[6];
    const disturbed = edited(later, ({ characteristics, returns }) => {
      for (let i = cut * 5; i < characteristics.length; i++) characteristics[i] *= -3;
      returns.fill(9);
    });
    const after = (await model.predict(disturbed)).signals;
    expect(after.subarray(0, cut)).toEqual(before.subarray(0, cut));
    expect(after.subarray(cut)).not.toEqual(before.subarray(cut));
    const oneDate = (await model.predict(later.slice(6, 7).withoutReturns())).signals;
    expect(oneDate).toEqual(before.subarray(cut, cut + 20));
  });

  it('come in returns where targets are standardised, whatever the scale of returns', async () => {
    const [a, b] = [0, 1].map(() => new SAEModel({ ...small, targetScaling: 'standardize' }));
    await a.fit(batch);
    await b.fit(edited(batch, ({ returns }) => returns.forEach((value, i) => (returns[i] = 0.5 + 1e-3 * value))));
    const [x, y] = [(await a.predict(later)).signals, (await b.predict(later)).signals];
    // Float32 rounding of targets (6e-8 relative), over some steps.
    for (let i = 0; i < x.length; i += 13) expect(Math.abs((y[i] - 0.5) / 1e-3 - x[i])).toBeLessThan(1e-3);
  });

  it('of an ensemble are the mean of its members, each the model of its own seed', async () => {
    const ensemble = new SAEModel({ ...small, seed: 5, ensembleSize: 2 });
    await ensemble.fit(batch);
    const alone = await Promise.all(
      [5, 6].map(async (seed) => {
        const model = new SAEModel({ ...small, seed });
        await model.fit(batch);
        return (await model.predict(later)).signals;
      }),
    );
    const { signals } = await ensemble.predict(later);
    signals.forEach((value, i) => expect(value).toBeCloseTo((alone[0][i] + alone[1][i]) / 2, 12));
  });

  it('come of members with one set of targets and weights: others are refused by name', async () => {
    const model = new SAEModel({ ...small, ensembleSize: 1 });
    const sampleWeights = new Float64Array(batch.nRows).fill(1);
    const targets = { names: ['next'], values: batch.requireReturns('this test') };
    const options = { sampleWeights, targets };
    const members = [await model.fitMember(batch, 0, options)];
    await expect(model.combineMembers(batch, members, options)).resolves.toMatchObject({ stopReason: 'max-epochs' });
    const heavier = { ...options, sampleWeights: sampleWeights.with(3, 2) };
    await expect(model.combineMembers(batch, members, heavier)).rejects.toThrow('members[0].inputs.sampleWeights');
    const other = { ...options, targets: { ...targets, values: targets.values.with(0, 9) } };
    await expect(model.combineMembers(batch, members, other)).rejects.toThrow('members[0].inputs.targets.values');
    await expect(model.combineMembers(batch, members, { targets })).rejects.toThrow('expected none');
  });

  it('do not depend on threads', async () => {
    const fits = await Promise.all(
      [1, 2].map(async (threads) => {
        const model = new SAEModel({ ...small, mainHiddenUnits: [64, 16], threads });
        await model.fit(batch);
        return (await model.predict(later)).signals;
      }),
    );
    expect(fits[1]).toEqual(fits[0]);
  });

  it('handle a depth of none, of one and of six hidden layers', async () => {
    for (const mainHiddenUnits of [[], [5], [5, 5, 5, 5, 5, 5]]) {
      const model = new SAEModel({ ...small, mainDropout: 0.1, mainHiddenUnits, nEpochs: 1 });
      await model.fit(batch);
      expect((await model.predict(later)).signals.every(Number.isFinite)).toBe(true);
    }
    expect(new SAEModel({ mainHiddenUnits: [8] }).config.mainDropout).toBe(0.38);
  });
});

describe('training', () => {
  it('leaves rows out that lack a characteristic or a target, as if they were not there', async () => {
    const holed = edited(batch, ({ characteristics, returns }) => {
      characteristics[10] = Number.NaN;
      returns[50] = Number.NaN;
    });
    // What the two rows hold otherwise must not matter.
    const wild = edited(holed, ({ characteristics, returns }) => {
      returns[2] = 1e6;
      characteristics[50 * 5 + 1] = 1e6;
    });
    const [a, b] = [new SAEModel(small), new SAEModel(small)];
    const summary = await a.fit(holed);
    await b.fit(wild);
    expect((await a.predict(later)).signals).toEqual((await b.predict(later)).signals);
    expect(summary.notes.join(' ')).toContain('2 training rows with a missing characteristic or target took no part');
    expect(summary.runRecord.dimensions.rowsUsed).toBe(summary.runRecord.dimensions.rows - 2);
  });

  it('stops early and chooses by the main loss alone', async () => {
    const config = { ...small, targetScaling: 'standardize', nEpochs: 60, patience: 2, learningRate: 0.02 } as const;
    const model = new SAEModel(config);
    const summary = await model.fit(batch, { validation: later });
    expect(summary.stopReason).toBe('early-stopping');
    expect(summary.defaultCheckpoint).toBe('best');
    const losses = summary.history.map(({ metrics }) => metrics.validationLoss);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(summary.iterations).toBe(best + 2);
    // The criterion is the mean squared error of predictions in units of the training deviation, and nothing else.
    const { signals } = await model.predict(later);
    const returns = later.requireReturns('this test');
    const train = batch.requireReturns('this test');
    const mean = train.reduce((a, b) => a + b, 0) / train.length;
    const variance = train.reduce((a, b) => a + (b - mean) ** 2, 0) / train.length;
    const error = signals.reduce((sum, s, i) => sum + (s - returns[i]) ** 2, 0) / signals.length;
    expect(error / variance / losses[best - 1]).toBeCloseTo(1, 5);
  });

  it('keeps checkpoints on a grid, best and last, and says which one a prediction came from', async () => {
    const model = new SAEModel({ ...small, nEpochs: 6, checkpointInterval: 2, learningRate: 0.02 });
    const summary = await model.fit(batch, { validation: later });
    expect(summary.checkpoints).toEqual(['epoch-2', 'epoch-4', 'epoch-6', 'best', 'last']);
    const at = async (checkpoint?: string) => model.predict(later, checkpoint === undefined ? {} : { checkpoint });
    expect((await at()).checkpoint).toBe('best');
    expect((await at('last')).signals).toEqual((await at('epoch-6')).signals);
    expect((await at('epoch-2')).signals).not.toEqual((await at('epoch-6')).signals);
    await expect(at('epoch-3')).rejects.toThrow('one of epoch-2, epoch-4, epoch-6, best, last');
    const asked = new SAEModel({ ...small, defaultCheckpoint: 3 });
    expect((await asked.fit(batch)).defaultCheckpoint).toBe('epoch-3');
    const hasty = new SAEModel({ ...small, nEpochs: 60, patience: 1, learningRate: 0.02, defaultCheckpoint: 60 });
    expect((await hasty.fit(batch)).notes.join()).toContain('The default checkpoint is best, not epoch-60');
  });

  it('holds out the last dates when no validation is given, after a gap', async () => {
    const model = new SAEModel({ ...small, validationShare: 0.25, validationGap: 2 });
    const summary = await model.fit(batch);
    expect(summary.runRecord.dimensions).toMatchObject({ dates: 7, rows: 140, validationRowsUsed: 60 });
    const explicit = new SAEModel({ ...small, validationShare: 0.25, validationGap: 2 });
    await explicit.fit(batch.slice(0, 7), { validation: batch.slice(9) });
    expect((await model.predict(later)).signals).toEqual((await explicit.predict(later)).signals);
    const without = await new SAEModel({ ...small, validationShare: 0 }).fit(batch);
    expect([without.stopReason, without.defaultCheckpoint, without.validationMetrics]).toEqual([
      'max-epochs',
      'last',
      undefined,
    ]);
  });

  it('holds out dates whose returns are not those of training dates, at any horizon', async () => {
    const timed = batch.withReturns(batch.requireReturns('this test'), { returnHorizon: 3 });
    const held = new SAEModel({ ...small, validationShare: 0.25 });
    expect((await held.fit(timed)).runRecord.dimensions).toMatchObject({ dates: 7, rows: 140, validationRowsUsed: 60 });
    const explicit = new SAEModel({ ...small, validationShare: 0.25 });
    await explicit.fit(timed.slice(0, 7), { validation: timed.slice(9) });
    expect((await held.predict(later)).signals).toEqual((await explicit.predict(later)).signals);
    const short = new SAEModel({ ...small, validationShare: 0.25, validationGap: 1 });
    await expect(short.fit(timed)).rejects.toThrow(
      /^validationGap: expected at least 2: .*known after 3 dates.*found 1/,
    );
    await expect(new SAEModel({ ...small, validationShare: 0.25, validationGap: 3 }).fit(timed)).resolves.toBeDefined();
  });

  it('weights rows: with weight 0 they are not there for the heads', async () => {
    const sampleWeights = new Float64Array(batch.nRows).fill(1).fill(0, 0, 40);
    const config = { ...small, reconstructionWeight: 0, validationShare: 0, targetScaling: 'none' } as const;
    const wild = edited(batch, ({ returns }) => returns.fill(77, 0, 40));
    const [a, b] = [new SAEModel(config), new SAEModel(config)];
    await a.fit(batch, { sampleWeights });
    await b.fit(wild, { sampleWeights });
    expect((await a.predict(later)).signals).toEqual((await b.predict(later)).signals);
    await expect(a.fit(batch, { sampleWeights: sampleWeights.subarray(1) })).rejects.toThrow(DataError);
  });
});

describe('a planted nonlinear signal', () => {
  // A small version of bench/simulations/sae-planted-signal.mjs: a stronger signal, so that few rows and a small network do.
  it.each([1, 2])('is found where a line sees three tenths of it (seed %i)', async (seed) => {
    const options = { seed, nAssets: 60, nDates: 120, nCharacteristics: 6, correlation: 0.4 };
    const { batch: panel, signal } = simulateNonlinearSignalPanel(options);
    const [train, validation, test] = [panel.slice(0, 70), panel.slice(70, 85), panel.slice(85)];
    const model = new SAEModel({
      seed,
      bottleneckDim: 12,
      auxHiddenDim: 12,
      mainHiddenUnits: [48, 24],
      mainDropout: 0.1,
      batchSize: 256,
      learningRate: 4e-3,
      nEpochs: 40,
      threads: 1,
    });
    await model.fit(train, { validation });
    const returns = test.requireReturns('this test');
    const ic = (values: Float64Array) => rankInformationCoefficient(test.index, values, returns).mean;
    const x = matrix(train.nRows, 6, train.characteristics);
    const y = matrix(train.nRows, 1, train.requireReturns('this test'));
    const beta = solvePositiveDefinite(gram(x), multiply(x, y, { transposeA: true }));
    const line = ic(multiply(matrix(test.nRows, 6, test.characteristics), beta).data);
    const oracle = ic(signal.subarray(panel.index.rowOffsets[85]));
    const found = ic((await model.predict(test)).signals);
    // A line can reach sqrt(.3) = .55 of the oracle.
    expect(found).toBeGreaterThan(line);
    expect(found / oracle).toBeGreaterThan(0.75);
  });
});

describe('artifacts', () => {
  it('hold every checkpoint of every member, and are refused with one array too few', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ml4t-sae-'));
    try {
      const path = join(folder, 'model.ml4t');
      const model = new SAEModel({ ...small, ensembleSize: 2, checkpointInterval: 2 });
      await model.fit(batch);
      await model.save(path);
      const loaded = await SAEModel.load(path);
      expect(loaded.fitSummary).toEqual(JSON.parse(JSON.stringify(model.fitSummary)));
      for (const checkpoint of model.fitSummary.checkpoints)
        expect(await loaded.predict(later, { checkpoint })).toEqual(await model.predict(later, { checkpoint }));
      const artifact = await loadArtifact(path, { modelType: 'sae', formatVersion: 2 });
      const arrays = Object.fromEntries(Object.entries(artifact.arrays).slice(1));
      await saveArtifact(path, { ...artifact, config: model.config, arrays });
      await expect(SAEModel.load(path)).rejects.toThrow(ArtifactError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('errors', () => {
  it('name the field, what was expected and the remedy', async () => {
    expect(() => new SAEModel({ mainHiddenUnits: [8, 8], mainDropout: [0.1] })).toThrow('one rate, or 2');
    expect(() => new SAEModel({ taskType: 'binary', objective: 'rank-ic' })).toThrow(ConfigError);
    expect(() => new SAEModel({ nEpochs: 6, defaultCheckpoint: 7 })).toThrow('defaultCheckpoint');
    expect(() => new SAEModel({ nEpochs: 6, checkpointAt: [2, 7] })).toThrow('checkpointAt');
    // @ts-expect-error a misspelt key is a type error too
    expect(() => new SAEModel({ bottleneckDims: 2 })).toThrow('Did you mean bottleneckDim?');
    const model = new SAEModel(small);
    await expect(model.predict(batch)).rejects.toThrow(NotFittedError);
    await expect(new SAEModel({ ...small, taskType: 'multi-label' }).fit(batch)).rejects.toThrow('targets: expected');
    await expect(model.fit(edited(batch, ({ characteristics }) => characteristics.fill(Number.NaN)))).rejects.toThrow(
      'at least 4 rows',
    );
    await expect(model.fit(edited(batch, ({ returns }) => returns.fill(1)))).rejects.toThrow('values that vary');
    await model.fit(batch);
    const renamed = batch.withCharacteristics(batch.characteristics, ['c1', 'c2', 'c3', 'c4', 'size']);
    await expect(model.predict(renamed)).rejects.toThrow('found no c5');
  });
});

describe('the registry', () => {
  it('builds the model from an untyped configuration and describes its fields', () => {
    const [entry] = modelRegistry;
    expect(entry.create({ ensembleSize: 3 }).config).toMatchObject({ ensembleSize: 3, bottleneckDim: 96 });
    expect(() => entry.create({ nEpochs: 0 })).toThrow(ConfigError);
    const { properties } = entry.configJsonSchema() as { properties: Record<string, { description?: string }> };
    for (const [name, { description }] of Object.entries(properties))
      if (name !== 'seed') expect([name, typeof description]).toEqual([name, 'string']);
  });
});

describe('targets that do not vary', () => {
  const still = (value: number) =>
    edited(batch, ({ returns }) => returns.forEach((_, i) => (returns[i] = value * (1 + (i % 2) * 2e-16))));
  const marketOnly = edited(batch, ({ returns }) =>
    returns.forEach((_, i) => (returns[i] = 0.01 * Math.sin(Math.floor(i / 20)))),
  );

  it.each([0, 0.001, -3])('%p everywhere, but for rounding, are refused however they are scaled', async (value) => {
    for (const changes of [
      { targetScaling: 'standardize' },
      { targetScaling: 'cross-sectional-z' },
      { targetScaling: 'cross-sectional-rank' },
      { targetScaling: 'none' },
      { objective: 'rank-ic' },
      { taskType: 'binary' },
    ] as const)
      await expect(new SAEModel({ ...small, ...changes }).fit(still(value))).rejects.toThrow(/found the same value/);
  });

  it('within any date have nothing to teach within dates, and something pooled', async () => {
    await expect(new SAEModel(small).fit(marketOnly)).rejects.toThrow(
      /vary over the training rows of a date, .* targetScaling: 'standardize'/,
    );
    const pooled = new SAEModel({ ...small, targetScaling: 'standardize' });
    await expect(pooled.fit(marketOnly)).resolves.toBeDefined();
  });

  it('of one label of several are refused by its name', async () => {
    const values = Float64Array.from({ length: 2 * batch.nRows }, (_, i) => (i % 2 === 1 || i % 4 > 1 ? 1 : 0));
    const model = new SAEModel({ ...small, taskType: 'multi-label' });
    const targets = { names: ['up', 'always'], values };
    await expect(model.fit(batch, { targets })).rejects.toThrow(/targets: always/);
  });
});

import { rankCorrelation, rankInformationCoefficient, Random } from '@ml4t/core';
import { EmbeddedEngine, typescriptMachine } from '@ml4t/core/engine';
import { describe, expect, it } from '@jest/globals';
import { SAEModel, type SAETargets } from '../src/index.ts';
import { momentumAt, rankICLoss } from '../src/sae/objective.ts';
import { parseSAEConfig } from '../src/sae/config.ts';
import { scaledTargets, standardScores, targetScale } from '../src/sae/targets.ts';
import { small, smallPanel } from './small-panel.ts';

describe('the rank-IC loss', () => {
  const offsets = Int32Array.of(0, 7, 12, 20);
  const random = new Random(3);
  const draw = (n: number) => Float64Array.from({ length: n }, () => random.normal());
  const [prediction, returns] = [draw(20), draw(20)];
  const targets = { names: ['y'], values: returns };
  const rows = Int32Array.from(returns.keys());
  const config = parseSAEConfig({ objective: 'rank-ic' });
  const ranks = scaledTargets(targets, rows, offsets, targetScale(targets, rows, config), config);
  const engine = new EmbeddedEngine(typescriptMachine('float64'));
  const parameters = engine.parameters([{ name: 'p', shape: [20, 1], values: prediction, state: false }]);
  const optimizer = engine.optimizer(parameters);
  const evaluate = async (values: Float64Array) => {
    parameters.write({ p: values });
    const loss = await optimizer.accumulate((ops) =>
      rankICLoss(ops, parameters.tensors.p, ops.constant(ranks, [20, 1]), offsets),
    );
    const gradient = (await optimizer.gradients()).p;
    await optimizer.apply({ learningRate: 0 });
    return { loss, gradient };
  };

  it('is 1 - the mean rank correlation where predictions are ranks themselves', async () => {
    const ranked = new Float64Array(20);
    let mean = 0;
    for (let t = 0; t < 3; t++) {
      const [from, to] = [offsets[t], offsets[t + 1]];
      const order = Array.from(rows.subarray(from, to)).sort((a, b) => prediction[a] - prediction[b]);
      order.forEach((row, rank) => (ranked[row] = 100 * rank));
      mean += rankCorrelation(prediction.subarray(from, to), returns.subarray(from, to)) / 3;
    }
    // Targets are float32 numbers, the floor of 1e-6 lies beside a variance of 10^4.
    expect((await evaluate(ranked)).loss).toBeCloseTo(1 - mean, 6);
  });

  it('has the gradient of its finite differences, and none for a shift of a date', async () => {
    const { gradient } = await evaluate(prediction);
    const h = 1e-6;
    for (let i = 0; i < 20; i++) {
      const [up, down] = [prediction.slice(), prediction.slice()];
      up[i] += h;
      down[i] -= h;
      const difference = ((await evaluate(up)).loss - (await evaluate(down)).loss) / (2 * h);
      // Central differences of a float64 loss: h^2 of truncation and 1e-16 / h of rounding.
      expect(Math.abs(gradient[i] - difference)).toBeLessThan(1e-8);
    }
    expect(Math.abs(Float64Array.from(gradient.subarray(0, 7)).reduce((a, b) => a + b, 0))).toBeLessThan(1e-12);
  });

  it('has a finite gradient where all predictions of a date are equal', async () => {
    const { loss, gradient } = await evaluate(new Float64Array(20));
    expect(loss).toBe(1);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });
});

describe('a model trained for rank IC', () => {
  it('orders assets within dates, whatever they share on a date', async () => {
    const [batch, later] = [smallPanel(1, { nDates: 40, nAssets: 60 }), smallPanel(2, { nDates: 40, nAssets: 60 })];
    const shift = (panel: typeof batch) =>
      panel.withReturns(panel.requireReturns('this test').map((r, row) => r + 3 * Math.sin(Math.floor(row / 60))));
    const config = { ...small, nEpochs: 12, learningRate: 5e-3, batchSize: 240, objective: 'rank-ic' } as const;
    const [a, b] = [new SAEModel(config), new SAEModel(config)];
    const summary = await a.fit(batch, { validation: later });
    await b.fit(shift(batch), { validation: shift(later) });
    const { signals, unit } = await a.predict(later);
    expect(unit).toBe('score');
    expect((await b.predict(later)).signals).toEqual(signals);
    const ic = rankInformationCoefficient(later.index, signals, later.requireReturns('this test')).mean;
    expect(summary.validationMetrics?.rankIC).toBe(ic);
    // The oracle has .48 and a line .26; the standard error of a mean over 40 dates of 60 assets is .02.
    expect(ic).toBeGreaterThan(0.3);
  });
});

describe('targets', () => {
  const batch = smallPanel(1);
  const rows = Int32Array.from({ length: batch.nRows }, (_, row) => row);
  const targets: SAETargets = { names: ['return'], values: batch.requireReturns('this test') };
  const scaled = (targetScaling: 'standardize' | 'cross-sectional-z' | 'cross-sectional-rank' | 'none') => {
    const config = parseSAEConfig({ targetScaling });
    return scaledTargets(targets, rows, batch.index.rowOffsets, targetScale(targets, rows, config), config);
  };
  const moments = (x: ArrayLike<number>) => {
    const mean = Array.from(x).reduce((a, b) => a + b, 0) / x.length;
    return [mean, Array.from(x).reduce((a, b) => a + (b - mean) ** 2, 0) / x.length];
  };

  it('have mean 0 and variance 1 over the training rows, or within each date', () => {
    // Float32 rounding of the scaled targets.
    const [mean, variance] = moments(scaled('standardize'));
    expect([Math.abs(mean) < 1e-6, Math.abs(variance - 1) < 1e-6]).toEqual([true, true]);
    for (const scaling of ['cross-sectional-z', 'cross-sectional-rank'] as const)
      for (let t = 0; t < 3; t++) {
        const [m, v] = moments(scaled(scaling).subarray(t * 20, t * 20 + 20));
        expect([Math.abs(m) < 1e-6, Math.abs(v - 1) < 1e-6]).toEqual([true, true]);
      }
    expect(scaled('none')).toEqual(Float32Array.from(targets.values));
  });

  it('keep NaN, and are 0 on a date on which all are equal', () => {
    expect(standardScores(Float64Array.of(0.1, 0.1, Number.NaN))).toEqual(Float64Array.of(0, 0, Number.NaN));
    // What a mean of equal prices leaves in their last digit is no spread either.
    expect(standardScores(Float64Array.of(0.1, 0.1 + 1e-16, Number.NaN))).toEqual(Float64Array.of(0, 0, Number.NaN));
    expect(standardScores(Float64Array.of(1, 3, Number.NaN))).toEqual(Float64Array.of(-1, 1, Number.NaN));
  });

  it('given by the user replace the returns, several of them in a regression too', async () => {
    const values = new Float64Array(batch.nRows * 2);
    targets.values.forEach((value, row) => values.set([value, 5 + 100 * value], row * 2));
    const model = new SAEModel({ ...small, targetScaling: 'standardize', nEpochs: 8, learningRate: 0.01 });
    const summary = await model.fit(batch, { targets: { names: ['near', 'far'], values } });
    const { signals, signalNames, unit } = await model.predict(batch);
    expect([signalNames, unit]).toEqual([['near', 'far'], 'score']);
    const far = moments(signals.filter((_, i) => i % 2 === 1))[0];
    expect(far).toBeGreaterThan(2);
    expect(Object.keys(summary.trainMetrics)).toEqual(
      expect.arrayContaining(['rankIC.near', 'rankIC.far', 'predictiveR2']),
    );
  });
});

describe('the running moments', () => {
  it('are plain averages at first', () => {
    expect([1, 2, 4, 100, 500].map((step) => momentumAt(step, 0.01))).toEqual([1, 0.5, 0.25, 0.01, 0.01]);
  });
});

import { areaUnderCurve, logLoss, Random } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { calibrationTable } from '../src/sae/calibration.ts';
import { SAEModel, type SAETargets } from '../src/index.ts';
import { small, smallPanel } from './small-panel.ts';

const batch = smallPanel(1, { nDates: 40, nAssets: 60 });
const later = smallPanel(2, { nDates: 40, nAssets: 60 });
const quick = { ...small, nEpochs: 12, batchSize: 128, learningRate: 5e-3 };

/** Labels whose log odds are known: 2 c1 for one, 2 c2 c3 - 1 for the other. */
function knownLabels(panel: typeof batch, seed: number): { targets: SAETargets; probabilities: Float64Array } {
  const random = new Random(seed);
  const probabilities = new Float64Array(panel.nRows * 2);
  for (let row = 0; row < panel.nRows; row++) {
    const [c1, c2, c3] = panel.characteristics.subarray(row * 5, row * 5 + 3);
    probabilities[2 * row] = 1 / (1 + Math.exp(-2 * c1));
    probabilities[2 * row + 1] = 1 / (1 + Math.exp(1 - 2 * c2 * c3));
  }
  const values = probabilities.map((p) => Number(random.uniform() < p));
  return { targets: { names: ['up', 'leap'], values }, probabilities };
}

describe('binary classification', () => {
  it('predicts the chance that a return is above the threshold', async () => {
    const model = new SAEModel({ ...quick, taskType: 'binary', threshold: 0.05 });
    const summary = await model.fit(batch, { validation: later });
    const { signals, signalNames, unit } = await model.predict(later);
    expect([signalNames, unit]).toEqual([['positive'], 'probability']);
    expect(signals.every((p) => p > 0 && p < 1)).toBe(true);
    const labels = later.requireReturns('this test').map((value) => Number(value > 0.05));
    const { auc, logLoss: loss, baseRate } = summary.validationMetrics ?? {};
    expect(auc).toBe(areaUnderCurve(labels, signals));
    expect(loss).toBe(logLoss(labels, signals));
    expect(baseRate).toBeCloseTo(labels.reduce((a, b) => a + b, 0) / labels.length, 12);
    // Chance is .5, and predicting the base rate costs its entropy; 2,400 rows, so the AUC's standard error is about .012.
    expect(auc).toBeGreaterThan(0.6);
    expect(loss).toBeLessThan(-baseRate * Math.log(baseRate) - (1 - baseRate) * Math.log(1 - baseRate));
  });
});

describe('multi-label classification', () => {
  it('gives calibrated probabilities of each label, from labels some of which are not known', async () => {
    const [train, validation] = [knownLabels(batch, 1), knownLabels(later, 2)];
    const values = train.targets.values.slice();
    for (let i = 4; i < values.length; i += 7) values[i] = Number.NaN;
    const model = new SAEModel({ ...quick, taskType: 'multi-label', mainHiddenUnits: [32, 16], nEpochs: 40 });
    const summary = await model.fit(batch, {
      validation: later,
      targets: { ...train.targets, values },
      validationTargets: validation.targets,
    });
    const { signals, signalNames } = await model.predict(later);
    expect(signalNames).toEqual(['up', 'leap']);
    expect(summary.trainMetrics['auc.up'] + summary.trainMetrics['auc.leap']).toBeCloseTo(2 * summary.trainMetrics.auc);
    expect(summary.calibration.map(({ label }) => label)).toEqual(['up', 'leap']);
    for (const table of summary.calibration) {
      expect(table.bins.map(({ count }) => count)).toEqual(Array<number>(10).fill(240));
      // With 240 rows a bin, frequencies have a standard error of .03, and the mean over ten bins of its absolute value is
      // .026; the network's own error comes on top.
      expect(table.expectedError).toBeLessThan(0.06);
    }
    // Against the truth: closer than the base rate is.
    for (const column of [0, 1]) {
      const take = (x: Float64Array) => Float64Array.from({ length: later.nRows }, (_, row) => x[2 * row + column]);
      const [p, q] = [take(signals), take(validation.probabilities)];
      const rate = q.reduce((a, b) => a + b, 0) / q.length;
      const distance = (f: (i: number) => number) => q.reduce((sum, truth, i) => sum + (f(i) - truth) ** 2, 0);
      expect(distance((i) => p[i]) / distance(() => rate)).toBeLessThan(0.5);
      // Neither too bold nor too timid: the slope of the true log odds on the predicted ones is 1 where they are right.
      const logOdds = (x: Float64Array) => x.map((value) => Math.log(value / (1 - value)));
      const [predicted, truth] = [logOdds(p), logOdds(q)];
      const mean = (x: Float64Array) => x.reduce((a, b) => a + b, 0) / x.length;
      const [m, n] = [mean(predicted), mean(truth)];
      const slope = mean(predicted.map((z, i) => (z - m) * (truth[i] - n))) / mean(predicted.map((z) => (z - m) ** 2));
      expect(Math.abs(slope - 1)).toBeLessThan(0.2);
      expect(Math.abs(m - n)).toBeLessThan(0.15);
      // And what the bound on the table is worth: log odds doubled or halved are beyond it.
      for (const factor of [2, 0.5]) {
        const distorted = predicted.map((z) => 1 / (1 + Math.exp(-factor * z)));
        const { expectedError } = calibrationTable('', take(validation.targets.values), distorted);
        expect(expectedError).toBeGreaterThan(0.06);
      }
    }
  });

  it('does not read a label that is not known', async () => {
    const { targets } = knownLabels(batch, 1);
    const [a, b] = await Promise.all(
      [0, 1].map(async (other) => {
        const values = targets.values.slice();
        // A row without any label takes no part; a label that is not known has no weight beside the row's other.
        for (let row = 0; row < batch.nRows; row += 2) values[2 * row + 1] = Number.NaN;
        values[0] = Number.NaN;
        const model = new SAEModel({ ...small, nEpochs: 2, taskType: 'multi-label' });
        const returns = batch.requireReturns('this test').map((r) => r + other);
        await model.fit(batch.withReturns(returns), { targets: { ...targets, values } });
        return (await model.predict(later)).signals;
      }),
    );
    // Returns play no part where labels are given.
    expect(a).toEqual(b);
  });

  it('refuses labels that are none', async () => {
    const model = new SAEModel({ ...small, taskType: 'multi-label' });
    const values = new Float64Array(batch.nRows * 2);
    const names = ['a', 'b'];
    await expect(model.fit(batch, { targets: { names, values: values.subarray(1) } })).rejects.toThrow('2400 rows x 2');
    await expect(model.fit(batch, { targets: { names, values: values.fill(0.5) } })).rejects.toThrow('0, 1, or NaN');
    await expect(model.fit(batch, { validation: later, targets: { names, values: values.fill(0) } })).rejects.toThrow(
      'validationTargets',
    );
  });
});

describe('the calibration table', () => {
  it('has tenths of the rows from low to high predictions, and the mean gap', () => {
    const probabilities = Float64Array.from({ length: 20 }, (_, i) => (i + 0.5) / 20);
    const labels = Float64Array.from({ length: 20 }, (_, i) => Number(i >= 10));
    const { bins, expectedError } = calibrationTable('x', labels, probabilities);
    expect(bins[0]).toEqual({ count: 2, meanProbability: 0.05, frequency: 0 });
    expect(bins[9]).toEqual({ count: 2, meanProbability: 0.95, frequency: 1 });
    // Gaps .05, .15, .25, .35, .45 on either side.
    expect(expectedError).toBeCloseTo(0.25, 12);
    const missing = calibrationTable('x', Float64Array.of(1, Number.NaN, 0), Float64Array.of(0.5, 0.5, Number.NaN));
    expect(missing.bins).toEqual([{ count: 1, meanProbability: 0.5, frequency: 1 }]);
  });
});

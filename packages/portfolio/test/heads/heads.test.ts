import { Random } from '@ml4t/core';
import { EmbeddedEngine, typescriptMachine } from '@ml4t/core/engine';
import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { headWeights, type HeadOptions } from '../../src/heads/heads.ts';
import { Differentiable, randomWindows } from '../objective/small-windows.ts';

const engine = new EmbeddedEngine(typescriptMachine('float64'));
const heads = ['bounded', 'long-only', 'long-short'] as const;
const exposures = { grossExposure: 1.5, netExposure: 0.5 };

async function weightsOf(scores: Float64Array, mask: Uint8Array, options: HeadOptions): Promise<Float64Array> {
  const shape = [1, mask.length / 4, 4];
  const { weights } = await engine.evaluate((ops) => ({
    weights: headWeights(ops, ops.constant(scores, shape), ops.constant(mask, shape), options),
  }));
  return Float64Array.from(weights);
}

const rows = fc.array(
  fc.tuple(
    fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 4, maxLength: 4 }),
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  ),
  { minLength: 1, maxLength: 4 },
);

describe.each(heads)('the %s head', (head) => {
  const options = { head, ...exposures };

  it('keeps its promise on every date', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (dates) => {
        const scores = Float64Array.from(dates.flatMap(([s]) => s));
        const mask = Uint8Array.from(dates.flatMap(([, m]) => m.map(Number)));
        const weights = await weightsOf(scores, mask, options);
        dates.forEach(([s, m], t) => {
          const w = Array.from(weights.subarray(4 * t, 4 * t + 4));
          const held = s.filter((_, i) => m[i]);
          const [gross, net] = [w.reduce((a, x) => a + Math.abs(x), 0), w.reduce((a, x) => a + x, 0)];
          w.forEach((x, i) => m[i] || expect(x).toBe(0));
          if (head === 'bounded') w.forEach((x, i) => m[i] && expect(x).toBeCloseTo(Math.tanh(s[i]), 12));
          if (head === 'long-only') {
            expect(Math.min(...w)).toBeGreaterThanOrEqual(0);
            expect(net).toBeCloseTo(held.length > 0 ? 1 : 0, 12);
          }
          if (head === 'long-short') {
            const spread = held.length > 1 ? Math.max(...held) - Math.min(...held) : 0;
            if (spread > 1e-5) expect([gross, net].map((x) => Number(x.toFixed(9)))).toEqual([1.5, 0.5]);
            if (spread === 0) expect(gross).toBeCloseTo(0, 9);
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  it('has the gradient of its finite differences, and none under a false mask, whatever is there', async () => {
    const windows = randomWindows(5, [2, 3, 4]);
    const random = new Random(9);
    const against = Float64Array.from({ length: 24 }, () => random.normal());
    const scores = windows.weights.map((w, i) => (windows.mask[i] ? w : Number.NaN));
    const loss = new Differentiable(windows.shape, (ops, s) =>
      ops.sum(
        ops.mul(
          headWeights(ops, s, ops.constant(windows.mask, windows.shape), options),
          ops.constant(against, windows.shape),
        ),
      ),
    );
    const { value, gradient } = await loss.at(scores);
    expect(Number.isFinite(value)).toBe(true);
    gradient.forEach((g, i) => windows.mask[i] || expect(g).toBe(0));
    expect(await loss.error(scores)).toBeLessThan(1e-7);
  });
});

describe('the long-short head', () => {
  it('does not depend on the scale or the level of the scores', async () => {
    const scores = Float64Array.of(0.3, -1, 2, 0.1);
    const mask = Uint8Array.of(1, 1, 1, 1);
    const options = { head: 'long-short', ...exposures } as const;
    const base = await weightsOf(scores, mask, options);
    const moved = await weightsOf(
      scores.map((s) => 40 * s - 3),
      mask,
      options,
    );
    moved.forEach((w, i) => expect(w).toBeCloseTo(base[i], 9));
  });
});

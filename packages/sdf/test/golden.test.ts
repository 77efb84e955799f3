import type { Progress } from '@ml4t/core';
import { EmbeddedEngine, typescriptMachine, wasmMachine, type Engine } from '@ml4t/core/engine';
import { snapshotAt, type MemberWeights } from '@ml4t/core/ensemble';
import { describe, expect, it } from '@jest/globals';
import { ownLabel } from '../src/sdf/checkpoints.ts';
import { parseSdfConfig } from '../src/sdf/config.ts';
import { contextHistory, contextInput } from '../src/sdf/context.ts';
import { holdPanel } from '../src/sdf/panel-tensors.ts';
import { pricingRows } from '../src/sdf/pricing-rows.ts';
import { trainMember } from '../src/sdf/train-member.ts';
import { discountFactors, meanOutputs } from '../src/sdf/weights.ts';
import { flat, goldenBatch, goldenSdf, largestDifference, namedArrays } from './golden/load.ts';

const golden = goldenSdf();
const batch = goldenBatch(golden);
// The reference's conventions where ours differ by default.
const config = parseSdfConfig({
  stateDimSdf: 3,
  stateDimMoment: 4,
  hiddenDim: 6,
  nInstruments: 3,
  dropout: 0,
  nEpochsUnc: 8,
  nEpochsMoment: 5,
  nEpochsCond: 8,
  learningRate: 0.01,
  checkpointInterval: 4,
  subEpochs: 1,
  carryOptimizer: true,
  normalizeByAssetCount: false,
  weightNormalization: 'none',
  contextScaling: 'none',
  contextTransform: 'levels',
});

/** Trains from the reference's initial weights. */
async function trained(engine: Engine) {
  const context = contextInput(batch, contextHistory(batch, undefined, config), config);
  const states: MemberWeights[] = [];
  const events: Progress[] = [];
  const record = await trainMember({
    engine,
    config,
    training: holdPanel(engine, pricingRows(batch, false, 'batch'), context),
    validation: undefined,
    nCharacteristics: 4,
    nContext: 3,
    run: { seed: config.seed, member: 0, report: (event) => void events.push(event) },
    states,
    initial: { sdf: namedArrays(golden.init.sdf), moment: namedArrays(golden.init.moment) },
  });
  return { record, events, states };
}

interface Tolerance {
  /** Largest difference of network weights, SDF weights and discount factors, all of order 0.1 to 1. */
  readonly weights: number;
  /** Largest relative difference of a loss. */
  readonly losses: number;
}

/**
 * The golden numbers agree with our float64 arithmetic to 1e-8: 24 steps of Adam divide gradients by their own size, so the last
 * bits of a gradient near zero come out larger. Its losses differ by a constant share of 2e-8 in all epochs, so by a rounded
 * constant in a mean and not by the path. In float32 a loss of 5e-5 is a mean of squares of moments of the order 1e-2, each a sum
 * with an error of 1e-7 relative to terms of 0.1: 1e-5 of itself; weights drift by some 1e-6.
 */
const engines: [string, () => Engine, Tolerance][] = [
  ['the float64 twin', () => new EmbeddedEngine(typescriptMachine('float64')), { weights: 3e-8, losses: 1e-7 }],
  ['the WebAssembly kernels', () => new EmbeddedEngine(wasmMachine(1)), { weights: 1e-5, losses: 2e-5 }],
];

describe.each(engines)('three phases of the Python reference on %s', (_, create, tolerance) => {
  it('has its losses, weights, discount factors and networks at every checkpoint', async () => {
    const engine = create();
    const { record, events, states } = await trained(engine);
    const losses = events.filter(({ phase }) => phase !== 'moment');
    expect(losses).toHaveLength(golden.history.length);
    golden.history.forEach(({ train_loss, phase, epoch }, i) => {
      expect([losses[i].phase, losses[i].step]).toEqual([phase, epoch]);
      expect(Math.abs((losses[i].metrics?.loss ?? 0) / train_loss - 1)).toBeLessThan(tolerance.losses);
    });
    const context = contextInput(batch, contextHistory(batch, undefined, config), config);
    for (const [label, expected] of Object.entries(golden.extracted)) {
      const own = ownLabel(label);
      const phase = states.find(({ checkpoints }) => own in checkpoints);
      const snapshot = phase ? snapshotAt(phase, own) : {};
      const reference = namedArrays(golden.final_states[label].stochastic_discount_factor);
      for (const { name, values } of reference)
        expect(largestDifference(snapshot[name], values)).toBeLessThan(tolerance.weights);
      const network = reference.map((array) => ({ ...array, values: Float64Array.from(snapshot[array.name]) }));
      const weights = await meanOutputs(engine, batch, context, [network]);
      const dense = flat(expected.weights).filter((value) => !Number.isNaN(value));
      expect(largestDifference(weights, dense)).toBeLessThan(tolerance.weights);
      const sdf = discountFactors(weights, batch.returns, batch.index.rowOffsets);
      expect(largestDifference(sdf, flat(expected.sdf))).toBeLessThan(tolerance.weights);
    }
    for (const { name, values } of namedArrays(golden.final_states['conditional:8'].moment))
      expect(largestDifference(record.moment[name], values)).toBeLessThan(tolerance.weights);
    await engine.dispose();
  });
});

import { StochasticDiscountFactorState } from '@ml4t/core';
import { EmbeddedEngine, typescriptMachine, wasmMachine, type Engine } from '@ml4t/core/engine';
import { describe, expect, it } from '@jest/globals';
import { parseBetaHeadConfig } from '../../src/beta-head/config.ts';
import { fitBetaHead } from '../../src/beta-head/fit.ts';
import { contextInput } from '../../src/context.ts';
import { unpack } from '../../src/fitted-networks.ts';
import { exposureNetworkParameters } from '../../src/networks.ts';
import { meanOutputs } from '../../src/weights.ts';
import { flat, goldenBatch, goldenSdf, largestDifference, namedArrays } from '../golden/load.ts';

const golden = goldenSdf();
const batch = goldenBatch(golden);
const state = new StochasticDiscountFactorState({
  index: batch.index,
  weights: new Float64Array(batch.nRows),
  sdfValues: flat(golden.extracted['conditional:8'].sdf),
});
const config = parseBetaHeadConfig({
  stateDim: 3,
  hiddenDim: 5,
  nEpochs: 10,
  learningRate: 0.01,
  dropout: 0,
  subEpochs: 1,
  contextScaling: 'none',
  contextTransform: 'levels',
});
const specs = exposureNetworkParameters({ nCharacteristics: 4, nContext: 3, stateDim: 3, forgetBias: 0 }, 5);
const engines: [string, () => Engine, number][] = [
  ['the float64 twin', () => new EmbeddedEngine(typescriptMachine('float64')), 1e-6],
  ['the WebAssembly kernels', () => new EmbeddedEngine(wasmMachine(1)), 5e-5],
];

// As for the three phases; packed networks are float32, so signals of the twin are good to 1e-7 at best. In float32 the loss falls to a
// tenth in ten steps, and what is left of it carries the error of the whole: 1e-5.
describe.each(engines)('the beta head of the Python reference on %s', (_, create, tolerance) => {
  it('has its losses and signals', async () => {
    const engine = create();
    const fit = await fitBetaHead(
      engine,
      config,
      specs,
      { initial: namedArrays(golden.beta_head.init), returnScale: 1 },
      { batch, state },
      {},
    );
    // The reference takes it from float32 discount factors, of which 1 is subtracted: an error of 1e-7.
    expect(fit.factorScale).toBeCloseTo(golden.beta_head.f_hat_scale, 7);
    golden.beta_head.history.forEach(({ train_loss }, i) => {
      expect(Math.abs(fit.summary.history[i].loss / train_loss - 1)).toBeLessThan(tolerance);
    });
    const network = unpack(specs, fit.networks.states.subarray(0, fit.networks.size));
    const signals = await meanOutputs(engine, batch, contextInput(batch, fit.context, config), [network]);
    const expected = flat(golden.beta_head.signal).filter((value) => !Number.isNaN(value));
    expect(largestDifference(signals, expected)).toBeLessThan(tolerance);
    await engine.dispose();
  });
});

import { afterAll, describe, expect, it } from '@jest/globals';
import { AbortedError, ConfigError } from '../../src/errors.ts';
import { EmbeddedEngine, typescriptMachine, wasmMachine } from '../../src/engine/index.ts';
import { CounterRandom, initialValues, linearParameters, linearLayer } from '../../src/nn/index.ts';
import type { Ops, Parameters, Tensor } from '../../src/nn/index.ts';
import { Checkpoints, cosineRate, miniBatches, train } from '../../src/train/index.ts';
import type { TrainOptions } from '../../src/train/index.ts';

const engine = new EmbeddedEngine(wasmMachine(2));
afterAll(() => engine.dispose());

const rows = 400;
const generator = new CounterRandom(11);
const inputs = Float64Array.from({ length: rows * 3 }, () => generator.normal());
// y = x1 - 2 x2 + 0.5 + noise of deviation 0.1
const targets = Float64Array.from(
  { length: rows },
  (_, r) => inputs[3 * r] - 2 * inputs[3 * r + 1] + 0.5 + 0.1 * generator.normal(),
);
const X = engine.tensor(inputs, [rows, 3]);
const Y = engine.tensor(targets, [rows, 1]);

const specs = linearParameters('output', 3, 1);
const create = (seed = 1) => engine.parameters(initialValues(specs, seed));
const loss = (ops: Ops, p: Parameters, batch: Int32Array): Tensor =>
  ops.meanSquaredError(linearLayer(ops, p, 'output', ops.rows(X, batch)), ops.rows(Y, batch));
const all = Int32Array.from({ length: rows }, (_, r) => r);

const base = (): TrainOptions<Int32Array> => ({
  engine,
  parameters: create(),
  loss,
  batches: (_, g) => miniBatches(300, 64, g),
  size: (batch) => batch.length,
  epochs: 60,
  seed: 5,
  optimizer: { learningRate: 0.05 },
});
const held = all.subarray(300);

describe('train', () => {
  it('finds the regression line, to the noise in the data', async () => {
    const options = base();
    const record = await train({ ...options, schedule: cosineRate(), validation: { batches: () => [held] } });
    const { 'output.weight': weight, 'output.bias': bias } = await options.parameters.read();
    // Standard error 0.1 / sqrt(300) = 0.006; mini-batches add a little: five of them.
    expect(Math.abs(weight[0] - 1)).toBeLessThan(0.03);
    expect(Math.abs(weight[1] + 2)).toBeLessThan(0.03);
    expect(Math.abs(weight[2])).toBeLessThan(0.03);
    expect(Math.abs(bias[0] - 0.5)).toBeLessThan(0.03);
    expect(record).toMatchObject({ stopReason: 'max-epochs', remedy: '', skippedSteps: 0, steps: 300, seed: 5 });
    expect(record.history).toHaveLength(60);
    expect(record.history[59].loss).toBeCloseTo(0.01, 2);
    expect(record.engine).toContain('embedded');
    expect(record.reservedBytes).toBeGreaterThan(0);
  });

  it('gives equal bits for equal seeds, and others for others', async () => {
    const run = async (seed: number) => {
      const options = { ...base(), seed, epochs: 3 };
      await train(options);
      return options.parameters.read();
    };
    expect(await run(7)).toEqual(await run(7));
    expect(await run(7)).not.toEqual(await run(8));
  });

  it('keeps the grid, the last and the best epoch, and ends on the best', async () => {
    const criteria = [5, 3, 4, 2, 6, 7, 8];
    let epoch = 0;
    const options = base();
    const seen: (number | undefined)[] = [];
    const record = await train({
      ...options,
      epochs: 7,
      checkpoints: { every: 3 },
      validation: { criterion: () => criteria[epoch++] },
      onProgress: ({ validation }) => seen.push(validation),
    });
    expect(seen).toEqual(criteria);
    expect(record.bestEpoch).toBe(4);
    expect(record.checkpoints.epochs).toEqual([3, 4, 6, 7]);
    expect(await options.parameters.read()).toEqual(record.checkpoints.get(4));
    expect(record.checkpoints.get()).toEqual(record.checkpoints.get(4));
    expect(record.checkpoints.get(6)).not.toEqual(record.checkpoints.get(4));
    expect(() => record.checkpoints.get(5)).toThrow(ConfigError);
    expect(() => record.checkpoints.get(5)).toThrow(/one of the epochs 3, 4, 6, 7, found 5/);
  });

  it('stops early when the criterion no longer improves', async () => {
    const criteria = [1, 2, 3, 2.5, 2.9, 3, 9];
    let epoch = 0;
    const record = await train({
      ...base(),
      epochs: 7,
      validation: { criterion: () => criteria[epoch++], goal: 'maximize', patience: 3 },
    });
    expect(record).toMatchObject({ stopReason: 'early-stopping', bestEpoch: 3 });
    expect(record.history).toHaveLength(6);
  });

  it('aborts at once and leaves the checkpoints usable', async () => {
    const controller = new AbortController();
    const checkpoints = new Checkpoints();
    const running = train({
      ...base(),
      epochs: 1000,
      checkpoints,
      signal: controller.signal,
      onProgress: ({ epoch }) => {
        if (epoch === 4) controller.abort();
      },
    });
    await expect(running).rejects.toThrow(AbortedError);
    expect(checkpoints.lastEpoch).toBe(4);
    expect(checkpoints.get()['output.weight']).toHaveLength(3);
  });

  it('lets timers fire while it runs', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    await expect(train({ ...base(), epochs: 1e9, signal: controller.signal })).rejects.toThrow(AbortedError);
  });

  it('leaves non-finite steps out, and gives up after some with a remedy', async () => {
    const options = base();
    const before = await options.parameters.read();
    const broken = await train({
      ...options,
      loss: (ops, p, batch) => ops.scale(loss(ops, p, batch), NaN),
    });
    expect(broken).toMatchObject({ stopReason: 'non-finite-loss', steps: 0, skippedSteps: 3 });
    expect(broken.remedy).toContain('learning rate');
    expect(await options.parameters.read()).toEqual(before);

    let calls = 0;
    const patched = await train({
      ...options,
      epochs: 2,
      loss: (ops, p, batch) => (++calls % 3 === 0 ? ops.scale(loss(ops, p, batch), Infinity) : loss(ops, p, batch)),
    });
    expect(patched.stopReason).toBe('max-epochs');
    expect(patched.skippedSteps).toBe(3);
    expect(Object.values(await options.parameters.read()).every((values) => values.every(Number.isFinite))).toBe(true);
  });

  it('tells a gradient that is not finite from a loss that is not', async () => {
    const record = await train({
      ...base(),
      // The square root of exact zeros: the value is 0, the slope infinite.
      loss: (ops, p, batch) => ops.add(loss(ops, p, batch), ops.sum(ops.sqrt(ops.scale(p['output.weight'], 0)))),
    });
    expect(record.stopReason).toBe('non-finite-gradient');
  });

  it('stops at weights that are not finite, and leaves those before them', async () => {
    const options = base();
    const before = await options.parameters.read();
    // The first step is as long as the rate: beyond float32, though loss and gradient are finite.
    const record = await train({ ...options, optimizer: { learningRate: 1e39 }, epochs: 3, batches: () => [all] });
    expect(record).toMatchObject({ stopReason: 'non-finite-parameters', history: [] });
    expect(record.remedy).toContain('learning rate');
    expect(record.checkpoints.lastEpoch).toBeUndefined();
    expect(await options.parameters.read()).toEqual(before);
  });

  it('carries an optimizer from one run to the next', async () => {
    const once = base();
    await train({ ...once, epochs: 2, batches: () => [all] });
    const twice = base();
    const optimizer = engine.optimizer(twice.parameters, { learningRate: 0.05 });
    await train({ ...twice, optimizer, epochs: 1, batches: () => [all] });
    await train({ ...twice, optimizer, epochs: 1, batches: () => [all] });
    expect(await twice.parameters.read()).toEqual(await once.parameters.read());
  });

  it('leaves nothing of its own in the engine', async () => {
    const options = base();
    await train({ ...options, epochs: 1 });
    const { bytes } = engine.memory();
    await train({ ...options, epochs: 2 });
    expect(engine.memory().bytes).toBe(bytes);
  });
});

describe('optimizers against their definition', () => {
  // Float64, so that the recursion below is repeated to rounding.
  it.each([
    ['adam', 0.1, undefined],
    ['adamw', 0.1, undefined],
    ['adam', 0, 0.5],
  ] as const)('%s with decay %d, clip %d', async (kind, weightDecay, clip) => {
    const exact = new EmbeddedEngine(typescriptMachine('float64'));
    const start = [0.5, -1.5];
    const set = exact.parameters([{ name: 'w', shape: [2], values: Float64Array.from(start), state: false }]);
    const optimizer = exact.optimizer(set, { kind, learningRate: 0.1, weightDecay });
    const w = [...start];
    const m = [0, 0];
    const v = [0, 0];
    for (let t = 1; t <= 5; t++) {
      await optimizer.accumulate((ops) => ops.sum(ops.square(set.tensors.w)));
      const { gradientNorm } = await optimizer.apply(clip === undefined ? {} : { clip });
      const norm = 2 * Math.hypot(...w);
      expect(gradientNorm).toBeCloseTo(norm, 12);
      const factor = clip === undefined ? 1 : Math.min(1, clip / (norm + 1e-6));
      for (let i = 0; i < 2; i++) {
        let g = factor * 2 * w[i];
        if (kind === 'adamw') w[i] *= 1 - 0.1 * weightDecay;
        else g += weightDecay * w[i];
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        w[i] -= (0.1 * (m[i] / (1 - 0.9 ** t))) / (Math.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-8);
      }
      const found = await set.read();
      expect(found.w[0]).toBeCloseTo(w[0], 12);
      expect(found.w[1]).toBeCloseTo(w[1], 12);
    }
  });

  it('sums the gradients of several losses, as one large batch would', async () => {
    const set = create();
    const optimizer = engine.optimizer(set);
    await optimizer.accumulate((ops) => loss(ops, set.tensors, all));
    const whole = await optimizer.gradients();
    await optimizer.apply({ learningRate: 0 });
    for (const half of [all.subarray(0, 200), all.subarray(200)])
      await optimizer.accumulate((ops) => ops.scale(loss(ops, set.tensors, half), 0.5));
    const halves = await optimizer.gradients();
    // Float32 sums of 400 terms in two orders.
    for (let i = 0; i < 3; i++) expect(halves['output.weight'][i]).toBeCloseTo(whole['output.weight'][i], 5);
  });
});

import type { Ops, Tensor } from '../../nn/index.ts';
import type { AppliedStep, Optimizer, OptimizerOptions, Snapshot, StepOptions, Values } from '../engine.ts';
import { ownTensor } from '../checked-ops.ts';
import { requireShape } from '../shapes.ts';
import type { TfArray, TfVariable } from './namespace.ts';
import { readArray } from './parameters.ts';
import type { Host, TfParameters } from './parameters.ts';
import type { Step, TfTensor } from './step.ts';

interface Moments {
  readonly first: TfVariable;
  readonly second: TfVariable;
}

/**
 * Adam (Kingma-Ba 2015) and AdamW (Loshchilov-Hutter 2019) in PyTorch's order of operations, one weight array after the other:
 * m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2, w -= lr / (1-b1^t) m / (sqrt(v) / sqrt(1-b2^t) + eps).
 */
export class TfOptimizer implements Optimizer {
  readonly parameters: TfParameters;
  readonly learningRate: number;
  readonly #step: Step;
  readonly #ops: Ops;
  readonly #host: Host;
  readonly #options: Required<OptimizerOptions>;
  readonly #moments: ReadonlyMap<string, Moments>;
  /** Sums of gradients that wait for `apply`; a weight without one has none yet. */
  readonly #waiting = new Map<string, TfArray>();
  /** beta1^t and beta2^t by products: the bits of a power differ between versions of Node. */
  #power1 = 1;
  #power2 = 1;
  #released = false;

  constructor(step: Step, ops: Ops, host: Host, parameters: TfParameters, options: OptimizerOptions) {
    this.#step = step;
    this.#ops = ops;
    this.#host = host;
    this.parameters = parameters;
    this.#options = {
      kind: 'adam',
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      ...options,
    };
    this.learningRate = this.#options.learningRate;
    const { tf } = step;
    const zero = (name: string) => tf.tidy(() => tf.variable(tf.zeros([...parameters.tensors[name].shape]), false));
    this.#moments = new Map(parameters.weights.map((name) => [name, { first: zero(name), second: zero(name) }]));
  }

  async accumulate(loss: (ops: Ops) => Tensor, options: StepOptions = {}): Promise<number> {
    await Promise.resolve();
    this.#host.activate();
    const value = this.#differentiate(loss, options.seed ?? 0);
    try {
      return (await value.data())[0];
    } finally {
      value.dispose();
    }
  }

  /** Adds the gradients of a loss to those waiting; returns its value, not yet read. */
  #differentiate(loss: (ops: Ops) => Tensor, seed: number): TfArray {
    const { tf } = this.#step;
    const { weights, tensors } = this.parameters;
    this.#step.begin({ training: true, seed });
    this.parameters.differentiate(true);
    let failure: { readonly error: unknown } | undefined;
    let constant: TfArray | undefined;
    // tfjs frees its tape only when a way back has run to its end, so an error of the loss, and a loss without
    // gradients, are carried past it: the tape is given the sum of a weight instead.
    const taped = (): TfArray => {
      try {
        const result = ownTensor<TfTensor>(this.#step, loss(this.#ops), 'loss');
        // All that the way back needs is there, and little comes to it: the way back frees as it goes.
        this.#host.weigh();
        requireShape('loss', result.shape, []);
        if (result.needsGradient) return result.array;
        constant = tf.keep(this.#step.quiet(() => tf.clone(result.array)));
      } catch (error) {
        failure = { error };
      }
      return tf.sum(tensors[weights[0]].array);
    };
    try {
      if (weights.length === 0)
        return tf.tidy(() => tf.clone(ownTensor<TfTensor>(this.#step, loss(this.#ops), 'loss').array));
      const variables = weights.map((name) => tensors[name].variable);
      const { value, grads } = tf.tidy(() => tf.variableGrads(taped, variables));
      if (failure || constant) for (const gradient of Object.values(grads)) gradient.dispose();
      else this.#collect(grads);
      if (!failure && !constant) return value;
      value.dispose();
      if (failure) throw failure.error;
      return constant ?? value;
    } finally {
      this.parameters.differentiate(false);
      this.#step.end();
    }
  }

  /** tfjs names gradients by variable. */
  #collect(grads: Readonly<Record<string, TfArray>>): void {
    const { tf } = this.#step;
    for (const name of this.parameters.weights) {
      const fresh: TfArray | undefined = grads[this.parameters.tensors[name].variable.name];
      if (!fresh) continue;
      const before = this.#waiting.get(name);
      if (!before) {
        this.#waiting.set(name, fresh);
        continue;
      }
      this.#waiting.set(
        name,
        tf.tidy(() => tf.add(before, fresh)),
      );
      before.dispose();
      fresh.dispose();
    }
  }

  async gradients(): Promise<Snapshot> {
    const entries = this.parameters.weights.map(async (name) => {
      const waiting = this.#waiting.get(name);
      const size = this.parameters.tensors[name].shape.reduce((product, n) => product * n, 1);
      return [name, waiting ? await readArray(waiting) : new Float32Array(size)] as const;
    });
    return Object.fromEntries(await Promise.all(entries)) as Record<string, Values>;
  }

  async apply(options: { readonly learningRate?: number; readonly clip?: number } = {}): Promise<AppliedStep> {
    const norm = await this.#gradientNorm();
    const applied = Number.isFinite(norm);
    this.#host.activate();
    if (applied) {
      this.#power1 *= this.#options.beta1;
      this.#power2 *= this.#options.beta2;
      const scale = options.clip === undefined ? 1 : Math.min(1, options.clip / (norm + 1e-6));
      const rate = options.learningRate ?? this.learningRate;
      for (const [name, moments] of this.#moments) this.#update(name, moments, scale, rate);
    }
    for (const waiting of this.#waiting.values()) waiting.dispose();
    this.#waiting.clear();
    return { gradientNorm: norm, applied };
  }

  #update(name: string, { first, second }: Moments, scale: number, rate: number): void {
    const { tf, kernels } = this.#step;
    const { kind, beta1, beta2, epsilon, weightDecay } = this.#options;
    const { variable } = this.parameters.tensors[name];
    tf.tidy(() => {
      const gradient = this.#waiting.get(name) ?? tf.zerosLike(variable);
      const after = kernels.adam({ weight: variable, first, second }, gradient, {
        beta1,
        beta2,
        epsilon,
        scale,
        coupled: kind === 'adam' ? weightDecay : 0,
        decoupled: kind === 'adamw' ? rate * weightDecay : 0,
        rate: rate / (1 - this.#power1),
        root: 1 / Math.sqrt(1 - this.#power2),
      });
      first.assign(after.first);
      second.assign(after.second);
      variable.assign(after.weight);
    });
  }

  /** Sums of squares on the device, one number an array; their sum and its root in float64. */
  async #gradientNorm(): Promise<number> {
    if (this.#waiting.size === 0) return 0;
    this.#host.activate();
    const { tf } = this.#step;
    const squares = tf.tidy(() => tf.stack([...this.#waiting.values()].map((gradient) => tf.sum(tf.square(gradient)))));
    try {
      let sum = 0;
      for (const square of await readArray(squares)) sum += square;
      return Math.sqrt(sum);
    } finally {
      squares.dispose();
    }
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#host.forget(this);
    for (const { first, second } of this.#moments.values()) {
      first.dispose();
      second.dispose();
    }
    for (const waiting of this.#waiting.values()) waiting.dispose();
    this.#waiting.clear();
  }
}

import type { Ops, Tensor } from '../../nn/index.ts';
import type { AppliedStep, Optimizer, OptimizerOptions, Snapshot, StepOptions } from '../engine.ts';
import { ownTensor } from '../checked-ops.ts';
import { chunkRows } from './chunks.ts';
import type { HeapParameters } from './parameters.ts';
import { requireShape } from '../shapes.ts';
import type { HeapTensor, Tape } from './tape.ts';

/**
 * Adam (Kingma-Ba 2015) and AdamW (Loshchilov-Hutter 2019) in PyTorch's order of operations:
 * m = b1 m + (1-b1) g, v = b2 v + (1-b2) g^2, w -= lr / (1-b1^t) m / (sqrt(v) / sqrt(1-b2^t) + eps).
 */
export class HeapOptimizer implements Optimizer {
  readonly parameters: HeapParameters;
  readonly #tape: Tape;
  readonly #ops: Ops;
  readonly #options: Required<OptimizerOptions>;
  readonly #first: number;
  readonly #second: number;
  /** beta^t by multiplication: what a power of two numbers comes to in the last digit differs between versions of V8. */
  #power1 = 1;
  #power2 = 1;

  constructor(tape: Tape, ops: Ops, parameters: HeapParameters, options: OptimizerOptions) {
    this.#tape = tape;
    this.#ops = ops;
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
    const { heap } = tape;
    this.#first = heap.take(parameters.size);
    this.#second = heap.take(parameters.size);
    heap.f.fill(0, this.#first, this.#first + parameters.size);
    heap.f.fill(0, this.#second, this.#second + parameters.size);
  }

  get learningRate(): number {
    return this.#options.learningRate;
  }

  // Async so that errors of the loss reject, as on engines that do not run at once.
  async accumulate(loss: (ops: Ops) => Tensor, options: StepOptions = {}): Promise<number> {
    await Promise.resolve();
    const tape = this.#tape;
    this.parameters.differentiate(true);
    tape.begin({ training: true, recording: true, seed: options.seed ?? 0 });
    try {
      const result = ownTensor<HeapTensor>(tape, loss(this.#ops), 'loss');
      requireShape('loss', result.shape, []);
      const value = tape.heap.f[result.at];
      tape.backward(result);
      return value;
    } finally {
      this.parameters.differentiate(false);
      tape.end();
    }
  }

  gradients(): Promise<Snapshot> {
    return Promise.resolve(this.parameters.readGradients());
  }

  apply(options: { readonly learningRate?: number; readonly clip?: number } = {}): Promise<AppliedStep> {
    const { size, weights, gradients } = this.parameters;
    const tape = this.#tape;
    const norm = this.#gradientNorm();
    const applied = Number.isFinite(norm);
    if (applied) {
      const { kind, beta1, beta2, epsilon, weightDecay } = this.#options;
      this.#power1 *= beta1;
      this.#power2 *= beta2;
      const rate = options.learningRate ?? this.#options.learningRate;
      const scale = options.clip === undefined ? 1 : Math.min(1, options.clip / (norm + 1e-6));
      tape.rows(
        'adam',
        size,
        12,
        weights,
        gradients,
        this.#first,
        this.#second,
        scale,
        rate / (1 - this.#power1),
        beta1,
        beta2,
        epsilon,
        Math.sqrt(1 - this.#power2),
        kind === 'adam' ? weightDecay : 0,
        kind === 'adamw' ? 1 - rate * weightDecay : 1,
      );
    }
    tape.elements('fill', size, gradients, 0);
    return Promise.resolve({ gradientNorm: norm, applied });
  }

  #gradientNorm(): number {
    const { size, gradients } = this.parameters;
    const { heap } = this.#tape;
    const chunk = chunkRows(size, 2);
    const partials = heap.take(Math.ceil(size / chunk));
    const chunks = this.#tape.chunked('sumSquares', size, chunk, gradients, partials);
    let sum = 0;
    for (let c = 0; c < chunks; c++) sum += heap.f[partials + c];
    heap.give(partials);
    return Math.sqrt(sum);
  }

  release(): void {
    this.#tape.heap.give(this.#first);
    this.#tape.heap.give(this.#second);
  }
}

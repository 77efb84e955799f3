import type { Tensor } from '../../nn/index.ts';
import { deriveKey } from '../../nn/index.ts';
import type { TensorOrigin } from '../raw-ops.ts';
import { sizeOf } from '../shapes.ts';
import { chunkRows } from './chunks.ts';
import type { Heap } from './heap.ts';
import type { KernelName } from './twin/kernels.ts';

/** Runs a kernel over all chunks of its rows: on one thread or on many. */
export interface Runner {
  run(kernel: KernelName, rows: number, chunk: number, operands: readonly number[]): void;
}

/** A tensor of the embedded engine: a place in the heap. */
export interface HeapTensor extends Tensor {
  readonly at: number;
  readonly size: number;
  /** Whether gradients flow into it in the step under way. */
  needsGradient: boolean;
  /** Place of its gradient, or -1 until one reaches it. Reshaped views share the one of their root. */
  gradientAt: number;
  /** The tensor this is a view of. */
  readonly root: HeapTensor | undefined;
  /** The step it belongs to, 0 when it lives until released. */
  readonly step: number;
  /** The columns of the last axis whose gradient is ever read; all of them where this is left out. */
  readonly wanted?: { readonly from: number; readonly to: number };
}

/** What an operation may leave for the way back. */
interface Node {
  readonly outputs: readonly HeapTensor[];
  readonly saved: readonly number[];
  readonly backward: () => void;
}

/**
 * The tape of one step: runs kernels, remembers how to go back, and owns the step's blocks of the heap. Going back, a
 * node's output, its gradient and what it saved are freed as soon as its vector-Jacobian product has run, so the peak is
 * little more than the forward pass.
 */
export class Tape {
  readonly heap: Heap;
  training = false;
  #recording = false;
  readonly #runner: Runner;
  #step = 0;
  #seed = 0;
  #draws = 0;
  #nodes: Node[] = [];
  /** Blocks to give back when the step ends. */
  readonly #blocks = new Set<number>();

  constructor(heap: Heap, runner: Runner) {
    this.heap = heap;
    this.#runner = runner;
  }

  begin(options: { training: boolean; recording: boolean; seed: number }): void {
    this.end();
    this.#step++;
    this.training = options.training;
    this.#recording = options.recording;
    this.#seed = options.seed;
    this.#draws = 0;
  }

  /** Gives back everything the step took. */
  end(): void {
    this.#nodes = [];
    for (const place of this.#blocks) this.heap.give(place);
    this.#blocks.clear();
  }

  /** A key for the next random operation: a function of the step's seed and of its place in the step. */
  nextKey(): number {
    return deriveKey(this.#seed, this.#draws++);
  }

  /** Whether a tensor is one of this engine, and may be read in the step under way. */
  originOf(tensor: object): TensorOrigin {
    if (!('at' in tensor && 'gradientAt' in tensor)) return 'foreign';
    const { step } = tensor as HeapTensor;
    return step === 0 || step === this.#step ? 'own' : 'earlier step';
  }

  /** A block for the length of the step, or until `release`. */
  scratch(size: number): number {
    const place = this.heap.take(size);
    this.#blocks.add(place);
    return place;
  }

  release(place: number): void {
    if (this.#blocks.delete(place)) this.heap.give(place);
  }

  /** Integers for the length of the step. */
  integers(values: ArrayLike<number>): number {
    const place = this.scratch(values.length);
    this.heap.i.set(values, place);
    return place;
  }

  /** A new tensor that depends on `inputs`. */
  result(shape: readonly number[], ...inputs: readonly (HeapTensor | undefined)[]): HeapTensor {
    const size = sizeOf(shape);
    return {
      shape,
      size,
      at: this.scratch(size),
      needsGradient: this.#recording && inputs.some((input) => input?.needsGradient === true),
      gradientAt: -1,
      root: undefined,
      step: this.#step,
    };
  }

  /** The same numbers under another shape; gradients go straight to the root unless the view is detached. */
  view(x: HeapTensor, shape: readonly number[], detached = false): HeapTensor {
    return {
      shape,
      size: x.size,
      at: x.at,
      needsGradient: x.needsGradient && !detached,
      gradientAt: -1,
      root: x.root ?? x,
      step: this.#step,
    };
  }

  /** Registers the way back from outputs; `saved` blocks are freed after it has run, or at once when nothing flows back. */
  record(outputs: readonly HeapTensor[], saved: readonly number[], backward: () => void): void {
    if (outputs.some((output) => output.needsGradient)) this.#nodes.push({ outputs, saved, backward });
    else for (const place of saved) this.release(place);
  }

  /** How many draws of random keys the step has made; set back, operations draw the same again. */
  get draws(): number {
    return this.#draws;
  }
  set draws(draws: number) {
    this.#draws = draws;
  }

  /** Whether operations are remembered for the way back. */
  get recording(): boolean {
    return this.#recording;
  }

  /** How many operations are remembered. */
  get length(): number {
    return this.#nodes.length;
  }

  /** The blocks that the step holds now. */
  heldBlocks(): ReadonlySet<number> {
    return new Set(this.#blocks);
  }

  /** Whether the step holds the block. */
  holds(place: number): boolean {
    return this.#blocks.has(place);
  }

  /** `run` as if nothing were to go back. */
  unrecorded(run: () => HeapTensor): HeapTensor {
    const recording = this.#recording;
    this.#recording = false;
    try {
      return run();
    } finally {
      this.#recording = recording;
    }
  }

  /** Gives back what was taken since there were the blocks `before`, but for one. */
  keepOnly(before: ReadonlySet<number>, kept: number | undefined): void {
    for (const place of this.#blocks) if (!before.has(place) && place !== kept) this.release(place);
  }

  /** Place of the gradient of x, which starts at zero; -1 when none is wanted, as kernels expect. */
  gradient(x: HeapTensor | undefined): number {
    if (x === undefined || !x.needsGradient) return -1;
    const fresh = this.isFresh(x);
    const place = this.gradientTarget(x);
    if (fresh) this.elements('fill', (x.root ?? x).size, (x.root ?? x).gradientAt, 0);
    return place;
  }

  /** Whether no gradient has reached x yet, so that a kernel may overwrite instead of adding. */
  isFresh(x: HeapTensor): boolean {
    return (x.root ?? x).gradientAt < 0;
  }

  /** As `gradient`, for kernels that ask `isFresh` first and then write every element: not cleared. */
  gradientTarget(x: HeapTensor | undefined): number {
    if (x === undefined || !x.needsGradient) return -1;
    const root = x.root ?? x;
    if (root.gradientAt < 0) root.gradientAt = this.scratch(root.size);
    // A part of the root has that part of its gradient.
    return root.gradientAt + x.at - root.at;
  }

  /** The gradient that has arrived at an output, or -1. */
  arrived(x: HeapTensor): number {
    return x.gradientAt;
  }

  /** Goes back from a scalar. */
  backward(loss: HeapTensor): void {
    if (!loss.needsGradient) return;
    this.heap.f[this.gradientTarget(loss)] = 1;
    this.unwind(0);
  }

  /** Goes back through the operations above the first `until`. */
  unwind(until: number): void {
    while (this.#nodes.length > until) {
      const node = this.#nodes.pop() as Node;
      if (node.outputs.some((output) => output.gradientAt >= 0)) node.backward();
      for (const output of node.outputs) {
        this.release(output.at);
        if (output.gradientAt >= 0) this.release(output.gradientAt);
      }
      for (const place of node.saved) this.release(place);
    }
  }

  /** Runs a kernel over rows that cost `work` each; returns the number of chunks it used. */
  rows(kernel: KernelName, rows: number, work: number, ...operands: number[]): number {
    const chunk = chunkRows(rows, work);
    this.#runner.run(kernel, rows, chunk, operands);
    return Math.ceil(rows / chunk);
  }

  /** Runs a kernel over single elements. */
  elements(kernel: KernelName, size: number, ...operands: number[]): number {
    return this.rows(kernel, size, 1, ...operands);
  }

  /** Runs a kernel over rows in chunks of a given size. */
  chunked(kernel: KernelName, rows: number, chunk: number, ...operands: number[]): number {
    this.#runner.run(kernel, rows, chunk, operands);
    return Math.ceil(rows / chunk);
  }

  /** Runs a kernel in one piece. */
  whole(kernel: KernelName, rows: number, ...operands: number[]): void {
    this.#runner.run(kernel, rows, Math.max(rows, 1), operands);
  }
}

import { deriveKey } from '../../nn/index.ts';
import type { Tensor } from '../../nn/index.ts';
import type { TensorOrigin } from '../raw-ops.ts';
import type { Kernels } from './kernel-set.ts';
import type { Tf, TfArray, TfVariable } from './namespace.ts';

/** A tensor of the tfjs engine. */
export interface TfTensor extends Tensor {
  readonly array: TfArray;
  /** The same array where it may be written: parameters, state and the engine's own tensors. */
  readonly variable: TfVariable | undefined;
  /** Whether gradients flow into it in the step under way. */
  needsGradient: boolean;
  /** The step it belongs to, 0 when it lives until released. */
  readonly step: number;
}

/** What a custom operation computes, and the arrays its way back needs: tfjs frees everything else. */
export interface Forward {
  readonly value: TfArray;
  readonly saved?: readonly TfArray[];
}

/** Gradients of the inputs, in their order; those that `wanted` says no to may be left out. */
export type Backward = (
  dy: TfArray,
  saved: readonly TfArray[],
  wanted: readonly boolean[],
) => readonly (TfArray | undefined)[];

/** One step over a tfjs namespace: whose turn it is on tfjs's tape, and the random streams. */
export class Step {
  readonly tf: Tf;
  readonly kernels: Kernels;
  training = false;
  #number = 0;
  #seed = 0;
  #keys = 0;

  constructor(tf: Tf, kernels: Kernels) {
    this.tf = tf;
    this.kernels = kernels;
  }

  begin(options: { readonly training: boolean; readonly seed: number }): void {
    this.#number++;
    this.training = options.training;
    this.#seed = options.seed;
    this.#keys = 0;
  }

  end(): void {
    this.#number++;
    this.training = false;
  }

  /** A key for the next random operation: the embedded engine counts in the same way, so both draw the same numbers. */
  nextKey(): number {
    return deriveKey(this.#seed, this.#keys++);
  }

  /** Whether a tensor is one of this engine, and may be read in the step under way. */
  originOf(tensor: object): TensorOrigin {
    if (!('array' in tensor && 'needsGradient' in tensor)) return 'foreign';
    const { step } = tensor as TfTensor;
    return step === 0 || step === this.#number ? 'own' : 'earlier step';
  }

  hold(array: TfArray, needsGradient = false): TfTensor {
    return { shape: array.shape, array, variable: undefined, needsGradient, step: this.#number };
  }

  /** Runs tfjs operations that the tape does not see, so that nothing of them is kept for gradients. */
  quiet(run: () => TfArray): TfArray {
    return this.tf.customGrad(() => ({ value: run(), gradFunc: () => [] }))();
  }

  /** An operation made of tfjs operations whose own gradients are right. */
  native(inputs: readonly (TfTensor | undefined)[], run: () => TfArray): TfTensor {
    const needsGradient = inputs.some((input) => input?.needsGradient === true);
    return this.hold(needsGradient ? run() : this.quiet(run), needsGradient);
  }

  /**
   * An operation with its own vector-Jacobian product. Inputs without gradients stay off the tape. `forward` is told whether there will
   * be a way back, so whether what it saves is wanted.
   */
  custom(inputs: readonly (TfTensor | undefined)[], forward: (keep: boolean) => Forward, backward: Backward): TfTensor {
    const wanted = inputs.map((input) => input?.needsGradient === true);
    const live = inputs.flatMap((input, i) => (input && wanted[i] ? [{ array: input.array, i }] : []));
    if (live.length === 0) return this.hold(this.quiet(() => forward(false).value));
    const { tf } = this;
    const run = tf.customGrad((...args) => {
      const save = args[args.length - 1];
      const { value, saved = [] } = forward(true);
      if (typeof save === 'function') save([...saved]);
      return {
        value,
        gradFunc: (dy, kept) => {
          const gradients = tf.tidy(() => {
            const made = backward(dy, kept, wanted);
            return live.map(({ i }) => made[i] ?? tf.zeros([...(inputs[i]?.shape ?? [])]));
          });
          // tfjs frees what gradient functions leave behind, what was saved and what arrived only at the end of the whole way back;
          // nobody reads any of it again.
          for (const array of kept) array.dispose();
          dy.dispose();
          return gradients;
        },
      };
    });
    return this.hold(run(...live.map(({ array }) => array)), true);
  }

  /** Float32 numbers of the host, copied: tfjs itself may keep a reference. */
  numbers(values: ArrayLike<number>, shape: readonly number[]): TfArray {
    return this.tf.tensor(new Float32Array(values), [...shape], 'float32');
  }

  integers(values: ArrayLike<number>): TfArray {
    return this.tf.tensor(new Int32Array(values), [values.length], 'int32');
  }
}

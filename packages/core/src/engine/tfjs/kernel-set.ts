import type { TfArray } from './namespace.ts';

/** The numbers of one step of Adam for one weight array: see optimizer.ts. */
export interface AdamNumbers {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** What the gradient is multiplied by: clipping. */
  readonly scale: number;
  /** Share of the weight that is added to the gradient, and that is taken off the weight. */
  readonly coupled: number;
  readonly decoupled: number;
  /** lr / (1 - b1^t) and 1 / sqrt(1 - b2^t). */
  readonly rate: number;
  readonly root: number;
}

export interface AdamArrays {
  readonly weight: TfArray;
  readonly first: TfArray;
  readonly second: TfArray;
}

/** What the engine asks of a backend beyond tfjs's functions, by the shortest way that the backend has. */
export interface Kernels {
  /** a b, and zero where b is zero, whatever a is there. */
  gated(a: TfArray, b: TfArray): TfArray;
  /** dy y (1 - y): the way back through a logistic function. */
  logisticBack(y: TfArray, dy: TfArray): TfArray;
  /** x (rows, N) + row (N). */
  addRow(x: TfArray, row: TfArray): TfArray;
  /** The sum of the rows of x (rows, N). */
  columnSums(x: TfArray): TfArray;
  /**
   * The dropout of stream `key`: takes an array of the shape to x / (1 - rate) where an element is kept, and 0 elsewhere, whatever x is
   * there. It holds until something else is drawn.
   */
  mask(shape: readonly number[], rate: number, key: number): (x: TfArray) => TfArray;
  /** deviation * standard normals of stream `key`; it must be used before something else is drawn. */
  normals(shape: readonly number[], deviation: number, key: number): TfArray;
  /** The weight and its moments after a step. */
  adam(arrays: AdamArrays, gradient: TfArray, numbers: AdamNumbers): AdamArrays;
}

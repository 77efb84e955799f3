/**
 * The part of the tfjs 4 interface that this engine uses, written out so that the library compiles and ships without tfjs.
 * The pair tests run every one of these functions on the real package.
 */
export interface TfArray {
  readonly shape: number[];
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

export interface TfVariable extends TfArray {
  readonly name: string;
  assign(value: TfArray): void;
}

type Numbers = Float32Array | Int32Array;
type Operand = TfArray | number;
type Save = (arrays: TfArray[]) => void;

/** What a function given to `customGrad` returns. */
export interface Differentiable {
  value: TfArray;
  gradFunc: (dy: TfArray, saved: TfArray[]) => TfArray[];
}

export interface Tf {
  readonly version_core: string;
  getBackend(): string;
  setBackend(name: string): Promise<boolean>;
  registerBackend(name: string, factory: () => unknown): boolean;
  removeBackend(name: string): void;
  findBackend(name: string): unknown;
  ready(): Promise<void>;
  backend(): unknown;
  engine(): { makeTensorFromTensorInfo(info: object): TfArray };
  memory(): { readonly numTensors: number; readonly numBytes: number; readonly numBytesInGPU?: number };
  tidy<T>(run: () => T): T;
  keep(x: TfArray): TfArray;
  customGrad(run: (...inputs: (TfArray | Save)[]) => Differentiable): (...inputs: TfArray[]) => TfArray;
  variableGrads(loss: () => TfArray, variables: TfVariable[]): { value: TfArray; grads: Record<string, TfArray> };
  variable(initial: TfArray, trainable?: boolean): TfVariable;
  tensor(values: Numbers, shape: number[], dtype?: 'float32' | 'int32'): TfArray;
  clone(x: TfArray): TfArray;
  zeros(shape: number[]): TfArray;
  zerosLike(x: TfArray): TfArray;
  fill(shape: number[], value: number): TfArray;
  eye(size: number): TfArray;
  cast(x: TfArray, dtype: 'float32' | 'bool'): TfArray;

  add(a: TfArray, b: Operand): TfArray;
  sub(a: Operand, b: Operand): TfArray;
  mul(a: TfArray, b: Operand): TfArray;
  div(a: TfArray, b: Operand): TfArray;
  maximum(a: TfArray, b: Operand): TfArray;
  neg(x: TfArray): TfArray;
  abs(x: TfArray): TfArray;
  sign(x: TfArray): TfArray;
  square(x: TfArray): TfArray;
  sqrt(x: TfArray): TfArray;
  exp(x: TfArray): TfArray;
  log(x: TfArray): TfArray;
  tanh(x: TfArray): TfArray;
  sigmoid(x: TfArray): TfArray;
  softplus(x: TfArray): TfArray;
  erf(x: TfArray): TfArray;
  clipByValue(x: TfArray, low: number, high: number): TfArray;

  where(condition: TfArray, a: TfArray, b: TfArray): TfArray;
  equal(a: TfArray, b: Operand): TfArray;
  notEqual(a: TfArray, b: Operand): TfArray;
  greater(a: TfArray, b: Operand): TfArray;
  greaterEqual(a: TfArray, b: Operand): TfArray;
  lessEqual(a: TfArray, b: Operand): TfArray;
  logicalAnd(a: TfArray, b: TfArray): TfArray;

  matMul(a: TfArray, b: TfArray, transposeA?: boolean, transposeB?: boolean): TfArray;
  sum(x: TfArray, axis?: number | number[], keepDims?: boolean): TfArray;
  mean(x: TfArray, axis?: number | number[], keepDims?: boolean): TfArray;
  max(x: TfArray, axis?: number | number[], keepDims?: boolean): TfArray;

  gather(x: TfArray, index: TfArray): TfArray;
  concat(arrays: TfArray[], axis?: number): TfArray;
  stack(arrays: TfArray[], axis?: number): TfArray;
  unstack(x: TfArray, axis?: number): TfArray[];
  split(x: TfArray, pieces: number, axis?: number): TfArray[];
  slice(x: TfArray, begin: number[], size: number[]): TfArray;
  pad(x: TfArray, paddings: [number, number][]): TfArray;
  transpose(x: TfArray, permutation: number[]): TfArray;
  reshape(x: TfArray, shape: number[]): TfArray;
}

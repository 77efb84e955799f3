import { chunkRows } from '../chunks.ts';
import { padded, tileRows, weightPartial } from '../twin/dense.ts';
import { packWeights } from './pack.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** A product of rows with a weight (N, K), and everything its way back needs. */
export interface Product {
  readonly x: HeapTensor;
  readonly weight: HeapTensor;
  readonly bias: HeapTensor | undefined;
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

export function product(x: HeapTensor, weight: HeapTensor, bias: HeapTensor | undefined): Product {
  const inputs = x.shape[x.shape.length - 1];
  const outputs = weight.shape[0];
  return { x, weight, bias, rows: x.size / inputs, inputs, outputs };
}

/** What a product goes through before it is stored. */
export interface ProductOutput {
  /** Place of the result. */
  readonly y: number;
  readonly activation: number;
  /** Of the dropout after the activation, and its key. */
  readonly rate?: number;
  readonly key?: number;
  /** y holds what the product is added to, biases included. */
  readonly started?: boolean;
}

/** y = dropout(activation(x W' + b)). */
export function productForward(tape: Tape, p: Product, output: ProductOutput): void {
  const { y, activation, rate = 0, key = 0, started = false } = output;
  const { inputs: K, outputs: N } = p;
  const packed = packWeights(tape, p.weight.at, K, N, 1, K);
  const chunk = chunkRows(p.rows, 2 * K * N, tileRows);
  tape.chunked(
    'linear',
    p.rows,
    chunk,
    p.x.at,
    K,
    packed,
    started ? y : (p.bias?.at ?? -1),
    y,
    N,
    activation,
    rate,
    key,
  );
  tape.release(packed);
}

/** How dy becomes the gradient of the product itself: see the kernel `linearGradient`. */
export interface ProductGradient {
  readonly mode: 0 | 1 | 2;
  readonly y: number;
  readonly dy: number;
  readonly activation: number;
  /** Dropout after the activation; y is 0 where it dropped. */
  readonly rate?: number;
  readonly coefficients: number;
}

/** Elements that the partial weight gradients of all chunks together may have, as long as there are at least eight chunks. */
const partialElements = 2 ** 20;

/** Rows in a chunk of the way back: every chunk has a partial gradient of its own, and a wide layer's is megabytes. */
function gradientChunk(rows: number, work: number, partial: number): number {
  const chunk = chunkRows(rows, work, tileRows);
  const most = Math.max(8, Math.floor(partialElements / partial));
  return Math.ceil(rows / chunk) <= most ? chunk : Math.ceil(rows / most / 4) * 4;
}

/** Gradients of weight, bias and x from dy, which is overwritten. */
export function productBackward(tape: Tape, p: Product, g: ProductGradient): void {
  const { inputs: K, outputs: N, rows } = p;
  const P = padded(N);
  const learns = p.weight.needsGradient || p.bias?.needsGradient === true;
  const size = weightPartial(K, N);
  const chunk = gradientChunk(rows, 6 * K * N, size);
  const chunks = Math.ceil(rows / chunk);
  const partials = learns ? tape.scratch(chunks * size) : -1;
  const add = p.x.needsGradient && !tape.isFresh(p.x) ? 1 : 0;
  const dx = tape.gradientTarget(p.x);
  // Of a join of data and activations only the activations' columns have a gradient that anybody reads.
  const { from, to } = p.x.root === undefined ? (p.x.wanted ?? { from: 0, to: K }) : { from: 0, to: K };
  const columns = to - from;
  const packed = dx < 0 ? -1 : packWeights(tape, p.weight.at + from, N, columns, K, 1);
  tape.chunked(
    'linearGradient',
    rows,
    chunk,
    p.x.at,
    K,
    g.y,
    g.dy,
    N,
    g.mode,
    g.activation,
    g.rate ?? 0,
    g.coefficients,
    packed,
    dx < 0 ? -1 : dx + from,
    columns,
    add,
    partials,
  );
  if (p.weight.needsGradient)
    tape.rows('foldWeightGradient', K, chunks * N, partials, chunks, size, K, N, tape.gradient(p.weight));
  if (p.bias?.needsGradient) tape.rows('fold', N, chunks, partials + K * P, chunks, size, tape.gradient(p.bias), 1, 1);
  if (packed >= 0) tape.release(packed);
  if (partials >= 0) tape.release(partials);
}

/** y = x W' + b. dW = dy'x, db = sum dy, dx = dy W. */
export function linear(tape: Tape, x: HeapTensor, weight: HeapTensor, bias?: HeapTensor): HeapTensor {
  const p = product(x, weight, bias);
  const y = tape.result([...x.shape.slice(0, -1), p.outputs], x, weight, bias);
  productForward(tape, p, { y: y.at, activation: 0 });
  tape.record([y], [], () => {
    productBackward(tape, p, { mode: 0, y: -1, dy: tape.arrived(y), activation: 0, coefficients: -1 });
  });
  return y;
}

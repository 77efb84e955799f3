import { activationCodes } from '../kernels/activation.ts';
import { requireShare } from '../shapes.ts';
import type { HeapTensor, Tape } from '../tape.ts';
import type { Activation } from '../../../nn/index.ts';
import { chunkRows } from '../chunks.ts';
import { applyNorm, normCoefficients, normGradientCoefficients } from './norm.ts';
import type { Norm } from './norm.ts';
import { product, productBackward, productForward } from './linear.ts';

export interface DenseTensors {
  readonly weight: HeapTensor;
  readonly bias: HeapTensor | undefined;
  readonly norm: Norm | undefined;
  readonly activation: Activation;
  readonly dropout: number;
}

/**
 * dropout(activation(norm(x W' + b))). Without norm and dropout, activations that can be undone from their output run inside
 * the product and nothing else is kept; otherwise the product z is kept and the rest is one pass over it.
 */
export function dense(tape: Tape, x: HeapTensor, layer: DenseTensors): HeapTensor {
  requireShare('dense.dropout', layer.dropout);
  const p = product(x, layer.weight, layer.bias);
  const { rows, outputs: N } = p;
  const code = activationCodes[layer.activation];
  const rate = tape.training ? layer.dropout : 0;
  const { norm } = layer;
  const y = tape.result([...x.shape.slice(0, -1), N], x, layer.weight, layer.bias, norm?.weight, norm?.bias);

  if (!norm && rate === 0 && code <= activationCodes.sigmoid) {
    productForward(tape, p, y.at, code);
    tape.record([y], [], () => {
      productBackward(tape, p, { mode: 1, y: y.at, dy: tape.arrived(y), activation: code, coefficients: -1 });
    });
    return y;
  }

  const key = rate > 0 ? tape.nextKey() : 0;
  const z = tape.scratch(rows * N);
  productForward(tape, p, z, 0);
  const columns = norm && normCoefficients(tape, norm, z, rows, N);
  applyNorm(tape, columns, z, rows, N, y.at, code, rate, key);
  tape.record([y], columns ? [z, columns.block] : [z], () => {
    const dy = tape.arrived(y);
    const chunk = chunkRows(rows, 12 * N);
    const partials = norm ? tape.scratch(Math.ceil(rows / chunk) * 2 * N) : -1;
    const { mean, scale, offset } = columns ?? { mean: -1, scale: -1, offset: -1 };
    const chunks = tape.chunked(
      'normActivateGradient',
      rows,
      chunk,
      z,
      N,
      mean,
      scale,
      offset,
      dy,
      dy,
      code,
      rate,
      key,
      partials,
    );
    const coefficients =
      norm && columns ? normGradientCoefficients(tape, norm, columns, partials, chunks, rows, N) : -1;
    // A shift before batch statistics changes nothing, so the bias has gradient zero: computing it would give rounding noise,
    // which Adam's normalisation turns into steps of full size.
    const silent = norm !== undefined && tape.training;
    productBackward(tape, silent ? { ...p, bias: undefined } : p, {
      mode: norm ? 2 : 0,
      y: z,
      dy,
      activation: 0,
      coefficients,
    });
    if (coefficients >= 0) tape.release(coefficients);
    if (partials >= 0) tape.release(partials);
  });
  return y;
}

import { activationCodes } from '../twin/activation.ts';
import { binaryCodes } from '../twin/elementwise.ts';
import type { RawDense } from '../../raw-ops.ts';
import type { HeapTensor, Tape } from '../tape.ts';
import { chunkRows } from '../chunks.ts';
import { applyNorm, normCoefficients, normGradientCoefficients } from './norm.ts';
import { product, productBackward, productForward } from './linear.ts';

/**
 * dropout(activation(norm(x W' + b + d))), d the row of `byDate` of the row's date. Without norm, activations that can be undone from
 * their output run inside the product and nothing else is kept; with dropout ReLU alone, whose output is positive exactly where
 * z is and was not dropped. Otherwise the product z is kept and the rest is one pass over it.
 */
export function dense(tape: Tape, x: HeapTensor, layer: RawDense<HeapTensor>): HeapTensor {
  const p = product(x, layer.weight, layer.bias);
  const { rows, outputs: N } = p;
  const code = activationCodes[layer.activation];
  const rate = tape.training ? layer.dropout : 0;
  const { norm, byDate } = layer;
  const inputs = [x, layer.weight, layer.bias, norm?.weight, norm?.bias, byDate?.values];
  const y = tape.result([...x.shape.slice(0, -1), N], ...inputs);
  const dates = byDate && datesOf(tape, byDate, rows, N);
  const started = dates !== undefined;
  const key = rate > 0 ? tape.nextKey() : 0;

  if (!norm && (rate === 0 ? code <= activationCodes.sigmoid : code === activationCodes.relu)) {
    dates?.fill(layer.bias, y.at);
    productForward(tape, p, { y: y.at, activation: code, rate, key, started });
    tape.record([y], dates ? [dates.places] : [], () => {
      const dy = tape.arrived(y);
      productBackward(tape, p, { mode: 1, y: y.at, dy, activation: code, rate, coefficients: -1 });
      dates?.backward(dy);
    });
    return y;
  }

  const z = tape.scratch(rows * N);
  dates?.fill(layer.bias, z);
  productForward(tape, p, { y: z, activation: 0, started });
  const columns = norm && normCoefficients(tape, norm, z, rows, N);
  applyNorm(tape, columns, z, rows, N, y.at, code, rate, key);
  const saved = [z, ...(columns ? [columns.block] : []), ...(dates ? [dates.places] : [])];
  tape.record([y], saved, () => {
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
      y.at,
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
    dates?.backward(dy);
    if (coefficients >= 0) tape.release(coefficients);
    if (partials >= 0) tape.release(partials);
  });
  return y;
}

/** The part of a product that rows of a date share: where it starts from, and its gradient from that of the product. */
function datesOf(
  tape: Tape,
  { values, offsets }: NonNullable<RawDense<HeapTensor>['byDate']>,
  rows: number,
  N: number,
) {
  const dates = offsets.length - 1;
  const places = tape.integers(offsets);
  const work = (rows * N) / dates;
  return {
    places,
    fill(bias: HeapTensor | undefined, z: number): void {
      const start = bias ? tape.scratch(dates * N) : values.at;
      if (bias) tape.rows('binary', dates, N, binaryCodes.add, values.at, bias.at, start, N, 0, 1);
      tape.rows('segmentRepeat', dates, work, start, N, places, z, 0);
      if (bias) tape.release(start);
    },
    backward(dz: number): void {
      if (values.needsGradient) tape.rows('segmentSum', dates, work, dz, N, places, tape.gradient(values), 1);
    },
  };
}

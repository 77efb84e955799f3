import { chunkRows } from '../chunks.ts';
import { outerScratch } from '../twin/dense.ts';
import type { RawLstm, RawLstmState } from '../../raw-ops.ts';
import type { HeapTensor, Tape } from '../tape.ts';
import { packWeights } from './pack.ts';

/** Sequences that run together through the time steps: the rows of each step's product. */
const group = 32;

/** One LSTM layer; see the kernels `lstm` and `lstmGradient` for the equations. */
export function lstm(
  tape: Tape,
  x: HeapTensor,
  layer: RawLstm<HeapTensor>,
  initial?: RawLstmState<HeapTensor>,
): RawLstmState<HeapTensor> & { readonly output: HeapTensor } {
  const [S, T, F] = x.shape;
  const H = layer.recurrentWeight.shape[1];
  const G = 4 * H;
  const inputs = [x, ...Object.values(layer), initial?.hidden, initial?.cell];
  const output = tape.result([S, T, H], ...inputs);
  const hidden = tape.result([S, H], ...inputs);
  const cell = tape.result([S, H], ...inputs);
  const gates = tape.scratch(S * T * G);
  const cells = tape.scratch(S * T * H);
  const chunk = Math.min(chunkRows(S, 2 * T * G * (F + H), group), S);
  const h0 = initial?.hidden.at ?? -1;
  const c0 = initial?.cell.at ?? -1;

  const bias = tape.scratch(G);
  for (let n = 0; n < G; n++)
    tape.heap.f[bias + n] = tape.heap.f[layer.inputBias.at + n] + tape.heap.f[layer.recurrentBias.at + n];
  const inputPack = packWeights(tape, layer.inputWeight.at, F, G, 1, F);
  const recurrentPack = packWeights(tape, layer.recurrentWeight.at, H, G, 1, H);
  const workSize = chunk * (F + H + outerScratch(Math.max(F, H), G));
  const work = tape.scratch(Math.ceil(S / chunk) * workSize);
  tape.chunked(
    'lstm',
    S,
    chunk,
    x.at,
    T,
    F,
    H,
    inputPack,
    recurrentPack,
    bias,
    h0,
    c0,
    gates,
    cells,
    output.at,
    hidden.at,
    cell.at,
    work,
    workSize,
  );
  for (const place of [bias, inputPack, recurrentPack, work]) tape.release(place);

  tape.record([output, hidden, cell], [gates, cells], () => {
    const chunks = Math.ceil(S / chunk);
    const size = (F + H + 1) * G;
    const partials = tape.scratch(chunks * size);
    const inputBack = packWeights(tape, layer.inputWeight.at, G, F, F, 1);
    const recurrentBack = packWeights(tape, layer.recurrentWeight.at, G, H, H, 1);
    // The gradients of the last states become, going back, those of the first: in blocks of their own.
    const dh = tape.scratch(S * H);
    const dc = tape.scratch(S * H);
    tape.elements('fill', S * H, dh, 0);
    tape.elements('fill', S * H, dc, 0);
    if (hidden.gradientAt >= 0) tape.elements('accumulate', S * H, hidden.gradientAt, dh, 1);
    if (cell.gradientAt >= 0) tape.elements('accumulate', S * H, cell.gradientAt, dc, 1);
    const add = x.needsGradient && !tape.isFresh(x) ? 1 : 0;
    const dx = tape.gradientTarget(x);
    const room = tape.scratch(chunks * workSize);
    tape.chunked(
      'lstmGradient',
      S,
      chunk,
      x.at,
      T,
      F,
      H,
      inputBack,
      recurrentBack,
      h0,
      c0,
      gates,
      cells,
      output.at,
      output.gradientAt,
      dh,
      dc,
      dx,
      add,
      partials,
      room,
      workSize,
    );
    const fold = (weight: HeapTensor, from: number, K: number) => {
      if (!weight.needsGradient) return;
      tape.rows('foldWeightGradient', K, chunks * G, partials + from, chunks, size, K, G, tape.gradient(weight));
    };
    fold(layer.inputWeight, 0, F);
    fold(layer.recurrentWeight, F * G, H);
    for (const b of [layer.inputBias, layer.recurrentBias])
      if (b.needsGradient) tape.whole('fold', G, partials + (F + H) * G, chunks, size, tape.gradient(b), 1, 1);
    if (initial?.hidden.needsGradient) tape.elements('accumulate', S * H, dh, tape.gradient(initial.hidden), 1);
    if (initial?.cell.needsGradient) tape.elements('accumulate', S * H, dc, tape.gradient(initial.cell), 1);
    for (const place of [partials, inputBack, recurrentBack, dh, dc, room]) tape.release(place);
  });
  return { output, hidden, cell };
}

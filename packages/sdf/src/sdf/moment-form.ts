import { gram } from '@ml4t/core/linalg';
import type { PricingRows } from './pricing-rows.ts';

/** Numbers of one block of the moments, held at a time. */
const blockSize = 1 << 20;

/**
 * Pricing errors against test functions that do not move are linear in M, so their weighted mean square is a quadratic form:
 * with `b_{t,ik} = momentReturns_it g_itk`,
 *
 * `loss = (1/K) sum_i sum_k (sum_t b_{t,ik} M_t)^2 = M'Q M,  Q = B B' / K` (T x T).
 *
 * It is computed once for all steps of a phase, in float64, over blocks of assets.
 *
 * @param instruments g (R x K); undefined for g = 1
 */
export function momentForm(rows: PricingRows, instruments: ArrayLike<number> | undefined): Float64Array {
  const { offsets, assets, nAssets, momentReturns } = rows;
  const nDates = offsets.length - 1;
  const nInstruments = instruments ? instruments.length / assets.length : 1;
  const form = new Float64Array(nDates * nDates);
  const { order, firsts } = byAsset(assets, nAssets);
  const dateOf = new Int32Array(assets.length);
  for (let t = 0; t < nDates; t++) dateOf.fill(t, offsets[t], offsets[t + 1]);
  const assetsOfBlock = Math.max(1, Math.floor(blockSize / (nInstruments * nDates)));
  for (let from = 0; from < nAssets; from += assetsOfBlock) {
    const to = Math.min(nAssets, from + assetsOfBlock);
    const moments = new Float64Array((to - from) * nInstruments * nDates);
    for (let at = firsts[from]; at < firsts[to]; at++) {
      const row = order[at];
      const start = (assets[row] - from) * nInstruments * nDates + dateOf[row];
      for (let k = 0; k < nInstruments; k++)
        moments[start + k * nDates] = momentReturns[row] * (instruments ? instruments[row * nInstruments + k] : 1);
    }
    const part = gram({ rows: (to - from) * nInstruments, columns: nDates, data: moments });
    for (let entry = 0; entry < form.length; entry++) form[entry] += part.data[entry] / nInstruments;
  }
  return form;
}

/** Rows in the order of their assets, and where every asset starts (N + 1). */
function byAsset(assets: Int32Array, nAssets: number): { order: Int32Array; firsts: Int32Array } {
  const firsts = new Int32Array(nAssets + 1);
  for (const asset of assets) firsts[asset + 1]++;
  for (let i = 0; i < nAssets; i++) firsts[i + 1] += firsts[i];
  const next = firsts.slice();
  const order = new Int32Array(assets.length);
  for (let row = 0; row < assets.length; row++) order[next[assets[row]]++] = row;
  return { order, firsts };
}

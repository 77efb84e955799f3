import { exp4 } from './activation';
import { outer } from './gradient';
import { firstLanes, maxLanes, only, sumLanes } from './lanes';
import { at, padded, put } from './memory';
import { packPanels, product } from './product';

/** Packs `keys` rows of d numbers as the right factor with d columns; rows under the mask count as zeros. */
function packRows(rows: usize, keys: i32, d: i32, rowStep: i32, mask: usize, scratch: usize, p: usize): void {
  for (let j = 0; j < keys; j++) {
    const taken = mask == 0 || load<f32>(mask + ((<usize>j) << 2)) != 0;
    if (taken) memory.copy(scratch + ((<usize>(j * d)) << 2), rows + ((<usize>(j * rowStep)) << 2), (<usize>d) << 2);
    else memory.fill(scratch + ((<usize>(j * d)) << 2), 0, (<usize>d) << 2);
  }
  packPanels(scratch, keys, d, d, 1, p);
}

/** In place: products of a query with `seen` keys to probabilities; `keys` is one flag a key, `logits` room for a padded row. */
function probabilities(row: usize, seen: i32, scale: v128, bias: usize, keys: usize, logits: usize): void {
  const low = f32x4.splat(-f32(Infinity));
  let top = low;
  for (let j = 0; j < seen; j += 4) {
    const o = (<usize>j) << 2;
    let logit = f32x4.mul(v128.load(row + o), scale);
    if (bias != 0) logit = f32x4.add(logit, v128.load(bias + o));
    if (keys != 0) logit = v128.bitselect(logit, low, f32x4.ne(v128.load(keys + o), f32x4.splat(0)));
    if (seen - j < 4) logit = v128.bitselect(logit, low, firstLanes(seen - j));
    v128.store(logits + o, logit);
    top = f32x4.pmax(top, logit);
  }
  const highest = maxLanes(top);
  if (highest == -f32(Infinity)) {
    memory.fill(row, 0, (<usize>seen) << 2);
    return;
  }
  const h = f32x4.splat(highest);
  let sum = f32x4.splat(0);
  for (let j = 0; j < seen; j += 4) {
    const o = (<usize>j) << 2;
    const logit = v128.load(logits + o);
    const e = v128.and(exp4(f32x4.sub(logit, h)), f32x4.ne(logit, low));
    v128.store(logits + o, e);
    sum = f32x4.add(sum, e);
  }
  const inverse = f32x4.splat(<f32>1 / sumLanes(sum));
  for (let j = 0; j < seen; j += 4) {
    const o = (<usize>j) << 2;
    put(row + o, f32x4.mul(v128.load(logits + o), inverse), seen - j);
  }
}

export function attention(
  chunk: i32,
  from: i32,
  to: i32,
  q: i32,
  k: i32,
  v: i32,
  Q: i32,
  K: i32,
  D: i32,
  heads: i32,
  mask: i32,
  bias: i32,
  causal: i32,
  lag: i32,
  period: i32,
  p: i32,
  y: i32,
  work: i32,
  workSize: i32,
): void {
  const d = D / heads;
  const step = (<usize>D) << 2;
  const row = (<usize>K) << 2;
  const packed = at(work + chunk * workSize);
  const logits = packed + ((<usize>max(d * padded(K), K * padded(d))) << 2);
  const scratch = logits + ((<usize>padded(K)) << 2);
  const scale = f32x4.splat(<f32>1 / sqrt<f32>(<f32>d));
  for (let b = from; b < to; b++) {
    const first = p + b * heads * Q * K;
    if (b % period < lag) {
      memory.fill(at(first), 0, (<usize>(heads * Q * K)) << 2);
      memory.fill(at(y + b * Q * D), 0, (<usize>(Q * D)) << 2);
      continue;
    }
    const source = b - lag;
    const keys: usize = mask < 0 ? 0 : at(mask + source * K);
    for (let head = 0; head < heads; head++) {
      const column = head * d;
      const s = at(first + head * Q * K);
      packPanels(at(k + source * K * D + column), d, K, 1, D, packed);
      product(Q, d, at(q + b * Q * D + column), step, packed, K, 0, 0, s, row);
      for (let i = 0; i < Q; i++) {
        const seen = causal ? i + 1 : K;
        probabilities(s + row * i, seen, scale, bias < 0 ? 0 : at(bias + i * K), keys, logits);
        memory.fill(s + row * i + ((<usize>seen) << 2), 0, (<usize>(K - seen)) << 2);
      }
      packRows(at(v + source * K * D + column), K, d, D, keys, scratch, packed);
      product(Q, K, s, row, packed, d, 0, 0, at(y + b * Q * D + column), step);
    }
  }
}

export function attentionGradient(
  chunk: i32,
  from: i32,
  to: i32,
  q: i32,
  k: i32,
  v: i32,
  Q: i32,
  K: i32,
  D: i32,
  heads: i32,
  mask: i32,
  lag: i32,
  period: i32,
  p: i32,
  dy: i32,
  dq: i32,
  dk: i32,
  dv: i32,
  work: i32,
  workSize: i32,
): void {
  const d = D / heads;
  const step = (<usize>D) << 2;
  const row = (<usize>K) << 2;
  const wide = (<usize>(K * padded(d))) << 2;
  const packed = at(work + chunk * workSize);
  const sums = packed + ((<usize>max(d * padded(K), K * padded(d))) << 2);
  const scratch = sums + wide;
  const slopes = scratch + ((<usize>(K * d)) << 2);
  for (let b = from; b < to; b++) {
    if (b % period < lag) continue;
    const source = (b - lag) * K * D;
    const keys: usize = mask < 0 ? 0 : at(mask + (b - lag) * K);
    for (let head = 0; head < heads; head++) {
      const column = head * d;
      const s = at(p + (b * heads + head) * Q * K);
      const arriving = at(dy + b * Q * D + column);
      const queries = at(q + b * Q * D + column);
      packPanels(at(v + source + column), d, K, 1, D, packed);
      product(Q, d, arriving, step, packed, K, 0, 0, slopes, row);
      if (dv >= 0) {
        memory.fill(sums, 0, wide);
        outer(Q, K, s, row, arriving, step, d, sums, slopes + row * Q);
        addRows(K, d, sums, at(dv + source + column), step);
      }
      if (dq < 0 && dk < 0) continue;
      for (let i = 0; i < Q; i++) throughSoftmax(s + row * i, slopes + row * i, K, <f32>1 / sqrt<f32>(<f32>d));
      if (dq >= 0) {
        packRows(at(k + source + column), K, d, D, keys, scratch, packed);
        const out = at(dq + b * Q * D + column);
        product(Q, K, slopes, row, packed, d, out, step, out, step);
      }
      if (dk >= 0) {
        memory.fill(sums, 0, wide);
        outer(Q, K, slopes, row, queries, step, d, sums, slopes + row * Q);
        addRows(K, d, sums, at(dk + source + column), step);
      }
    }
  }
}

/** slope = p (slope - sum p slope) scale, nothing where p is zero. */
function throughSoftmax(p: usize, slope: usize, K: i32, scale: f32): void {
  const zero = f32x4.splat(0);
  let sum = zero;
  for (let j = 0; j < K; j += 4) {
    const o = (<usize>j) << 2;
    const w = v128.load(p + o);
    sum = f32x4.add(sum, only(v128.and(f32x4.mul(w, v128.load(slope + o)), f32x4.ne(w, zero)), K - j));
  }
  const mean = f32x4.splat(sumLanes(sum));
  for (let j = 0; j < K; j += 4) {
    const o = (<usize>j) << 2;
    const w = v128.load(p + o);
    const e = f32x4.mul(f32x4.mul(w, f32x4.sub(v128.load(slope + o), mean)), f32x4.splat(scale));
    put(slope + o, v128.and(e, f32x4.ne(w, zero)), K - j);
  }
}

/** Adds rows of d numbers (padded) to rows that are `step` bytes apart. */
function addRows(rows: i32, d: i32, from: usize, to: usize, step: usize): void {
  for (let r = 0; r < rows; r++) {
    for (let e = 0; e < d; e += 4) {
      const o = (<usize>e) << 2;
      put(to + o, f32x4.add(v128.load(to + o), v128.load(from + o)), d - e);
    }
    from += (<usize>padded(d)) << 2;
    to += step;
  }
}

// The inner product kernel: 4 x 4 blocks of the output held in registers, factors packed into panels of four.
import { bytes } from './vectors';

/** Rows or columns in a packed panel. */
export const PANEL: i32 = 4;
/** Depth of a packed panel: 4 x 256 numbers are 8 KB, so that one panel stays in the first-level cache. */
export const DEPTH: i32 = 256;

export const FULL: i32 = 0;
export const UPPER: i32 = 1;
export const LOWER: i32 = 2;

export function roundUp(n: i32): i32 {
  return (n + 3) & ~3;
}

/** C (4 x 4, rows `cRow` bytes apart) += alpha sum_k a_k b_k', with a_k and b_k four numbers each. */
export function tile4x4(depth: i32, a: usize, b: usize, c: usize, cRow: usize, alpha: f64): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (let k = depth; k > 0; k--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let weight = v128.load64_splat(a);
    c00 = f64x2.add(c00, f64x2.mul(weight, b0));
    c01 = f64x2.add(c01, f64x2.mul(weight, b1));
    weight = v128.load64_splat(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(weight, b0));
    c11 = f64x2.add(c11, f64x2.mul(weight, b1));
    weight = v128.load64_splat(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(weight, b0));
    c21 = f64x2.add(c21, f64x2.mul(weight, b1));
    weight = v128.load64_splat(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(weight, b0));
    c31 = f64x2.add(c31, f64x2.mul(weight, b1));
    a += 32;
    b += 32;
  }
  const scale = f64x2.splat(alpha);
  v128.store(c, f64x2.add(v128.load(c), f64x2.mul(scale, c00)));
  v128.store(c, f64x2.add(v128.load(c, 16), f64x2.mul(scale, c01)), 16);
  c += cRow;
  v128.store(c, f64x2.add(v128.load(c), f64x2.mul(scale, c10)));
  v128.store(c, f64x2.add(v128.load(c, 16), f64x2.mul(scale, c11)), 16);
  c += cRow;
  v128.store(c, f64x2.add(v128.load(c), f64x2.mul(scale, c20)));
  v128.store(c, f64x2.add(v128.load(c, 16), f64x2.mul(scale, c21)), 16);
  c += cRow;
  v128.store(c, f64x2.add(v128.load(c), f64x2.mul(scale, c30)));
  v128.store(c, f64x2.add(v128.load(c, 16), f64x2.mul(scale, c31)), 16);
}

/**
 * One block of the output, up to 4 x 4, whose first element is (i, j): blocks on the edge or across the diagonal go
 * through `scratch` (16 numbers), so that nothing outside of `part` is written.
 */
export function tile(
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  cRow: usize,
  alpha: f64,
  i: i32,
  j: i32,
  height: i32,
  width: i32,
  part: i32,
  scratch: usize,
): void {
  const inside = part == FULL || (part == UPPER ? j >= i + height - 1 : i >= j + width - 1);
  if (inside && height == PANEL && width == PANEL) {
    tile4x4(depth, a, b, c, cRow, alpha);
    return;
  }
  memory.fill(scratch, 0, 128);
  tile4x4(depth, a, b, scratch, 32, alpha);
  for (let r = 0; r < height; r++) {
    const from = part == UPPER ? max(0, i + r - j) : 0;
    const to = part == LOWER ? min(width, i + r - j + 1) : width;
    for (let q = from; q < to; q++) {
      const target = c + (r as usize) * cRow + bytes(q);
      store<f64>(target, load<f64>(target) + load<f64>(scratch + bytes(r * PANEL + q)));
    }
  }
}

/** Whether a block of the output lies wholly outside of `part`. */
export function outside(part: i32, i: i32, j: i32, height: i32, width: i32): bool {
  if (part == UPPER) return i > j + width - 1;
  if (part == LOWER) return j > i + height - 1;
  return false;
}

/** C = beta C on `part`; zero overwrites whatever was there, NaN too. */
export function scalePart(m: i32, n: i32, beta: f64, c: usize, cRow: usize, part: i32): void {
  if (beta == 1) return;
  for (let i = 0; i < m; i++) {
    const from = part == UPPER ? min(i, n) : 0;
    const to = part == LOWER ? min(i + 1, n) : n;
    const row = c + (i as usize) * cRow;
    if (beta == 0) memory.fill(row + bytes(from), 0, bytes(to - from));
    else for (let j = from; j < to; j++) store<f64>(row + bytes(j), beta * load<f64>(row + bytes(j)));
  }
}

/**
 * Packs `count` vectors of length `depth` in panels of four, panels `panelBytes` apart: panel p holds, for each k, the
 * k-th entries of vectors 4p ... 4p+3, zeros beyond the last. Entry k of vector i lies at source + i stride + k step.
 */
export function pack(
  count: i32,
  depth: i32,
  source: usize,
  stride: usize,
  step: usize,
  out: usize,
  panelBytes: usize,
): void {
  for (let i = 0; i < count; i += PANEL) {
    const width = min(PANEL, count - i);
    const first = source + (i as usize) * stride;
    if (width < PANEL) packNarrow(width, depth, first, stride, step, out);
    else if (stride == 8) packAlong(depth, first, step, out);
    else if (step == 8) packAcross(depth, first, stride, out);
    else packNarrow(PANEL, depth, first, stride, step, out);
    out += panelBytes;
  }
}

/** The four entries of one k lie side by side. */
function packAlong(depth: i32, source: usize, step: usize, out: usize): void {
  for (let k = 0; k < depth; k++) {
    v128.store(out, v128.load(source));
    v128.store(out, v128.load(source, 16), 16);
    source += step;
    out += 32;
  }
}

/** Each vector lies without gaps: four rows are transposed two columns at a time. */
function packAcross(depth: i32, source: usize, stride: usize, out: usize): void {
  let row0 = source;
  let row1 = source + stride;
  let row2 = source + 2 * stride;
  let row3 = source + 3 * stride;
  let k = depth;
  for (; k >= 2; k -= 2) {
    const x0 = v128.load(row0);
    const x1 = v128.load(row1);
    const x2 = v128.load(row2);
    const x3 = v128.load(row3);
    v128.store(out, v128.shuffle<f64>(x0, x1, 0, 2));
    v128.store(out, v128.shuffle<f64>(x2, x3, 0, 2), 16);
    v128.store(out, v128.shuffle<f64>(x0, x1, 1, 3), 32);
    v128.store(out, v128.shuffle<f64>(x2, x3, 1, 3), 48);
    row0 += 16;
    row1 += 16;
    row2 += 16;
    row3 += 16;
    out += 64;
  }
  if (k > 0) packNarrow(PANEL, 1, row0, stride, 8, out);
}

function packNarrow(width: i32, depth: i32, source: usize, stride: usize, step: usize, out: usize): void {
  for (let k = 0; k < depth; k++) {
    for (let i = 0; i < PANEL; i++)
      store<f64>(out + bytes(i), i < width ? load<f64>(source + (i as usize) * stride) : 0);
    source += step;
    out += 32;
  }
}

// Products of a matrix with itself. With blocks of 4 x 4 the same packed panels serve as both factors, so that a
// matrix is packed once; the augmented Gram matrix checks its rows while it packs them.
import { DEPTH, PANEL, UPPER, pack, roundUp, scalePart, tile } from './tiles';
import { bytes } from './vectors';

/** Bytes between panels: one cache line more than they hold, so that they do not all fall on the same cache set. */
const SPACING: usize = ((PANEL * DEPTH) as usize) * 8 + 64;
/** Panels of the left factor that are used before moving on: 24 of 8 KB stay in the second-level cache. */
const BLOCK: i32 = 24 * PANEL;

/** Elements of workspace for {@link syrk}: packed columns and one block of the output. */
export function syrkWorkspace(n: i32): i32 {
  return (roundUp(n) / PANEL) * ((SPACING >> 3) as i32) + 16;
}

/** Upper triangle of C += alpha P'P for packed columns P. */
function addGram(depth: i32, n: i32, packed: usize, alpha: f64, c: usize, cRow: usize, scratch: usize): void {
  for (let i0 = 0; i0 < n; i0 += BLOCK) {
    for (let j = i0; j < n; j += PANEL) {
      const right = packed + ((j / PANEL) as usize) * SPACING;
      const width = min(PANEL, n - j);
      const end = min(j + PANEL, min(i0 + BLOCK, n));
      for (let i = i0; i < end; i += PANEL) {
        const left = packed + ((i / PANEL) as usize) * SPACING;
        const target = c + (i as usize) * cRow + bytes(j);
        tile(depth, left, right, target, cRow, alpha, i, j, min(PANEL, n - i), width, UPPER, scratch);
      }
    }
  }
}

/** Upper triangle of C = alpha A'A + beta C; the contract is KernelProgram.syrk. */
export function syrk(
  k: i32,
  n: i32,
  alpha: f64,
  a: i32,
  aRow: i32,
  aColumn: i32,
  beta: f64,
  c: i32,
  cRow: i32,
  workspace: i32,
): void {
  const output = bytes(c);
  const rowBytes = bytes(cRow);
  scalePart(n, n, beta, output, rowBytes, UPPER);
  const scratch = bytes(workspace);
  const packed = scratch + 128;
  for (let k0 = 0; k0 < k; k0 += DEPTH) {
    const depth = min(DEPTH, k - k0);
    pack(n, depth, bytes(a + k0 * aRow), bytes(aColumn), bytes(aRow), packed, SPACING);
    addGram(depth, n, packed, alpha, output, rowBytes, scratch);
  }
}

export function augmentedGramWorkspace(columns: i32): i32 {
  return syrkWorkspace(columns + 2);
}

/** Upper triangle of C = sum d d', d = [1?, z, r], over finite rows; the contract is KernelProgram.augmentedGram. */
export function augmentedGram(
  rows: i32,
  columns: i32,
  z: i32,
  zRow: i32,
  r: i32,
  constant: i32,
  c: i32,
  cRow: i32,
  workspace: i32,
): i32 {
  const size = columns + 1 + constant;
  const output = bytes(c);
  const rowBytes = bytes(cRow);
  scalePart(size, size, 0, output, rowBytes, UPPER);
  const scratch = bytes(workspace);
  const packed = scratch + 128;
  let used = 0;
  let depth = 0;
  for (let t = 0; t < rows; t++) {
    // A row that is not finite leaves `depth` as it was, and the next one overwrites it.
    if (packRow(columns, constant, bytes(z + t * zRow), load<f64>(bytes(r + t)), packed + bytes(depth * PANEL)))
      depth++;
    if (depth == DEPTH || (t == rows - 1 && depth > 0)) {
      addGram(depth, size, packed, 1, output, rowBytes, scratch);
      used += depth;
      depth = 0;
    }
  }
  return used;
}

/** Spreads one row [1?, z, r, 0 ...] over the panels; whether all of it is finite. */
function packRow(columns: i32, constant: i32, z: usize, r: f64, out: usize): bool {
  // Zero times a number is NaN exactly when the number is not finite.
  const zero = f64x2.splat(0);
  let probe = zero;
  let other = zero;
  let column = 0;
  if (constant && columns >= 3) {
    const z12 = v128.load(z, 8);
    const z0 = load<f64>(z);
    v128.store(out, f64x2(1, z0));
    v128.store(out, z12, 16);
    probe = f64x2.mul(z12, zero);
    other = f64x2.mul(f64x2.splat(z0), zero);
    out += SPACING;
    column = 3;
  }
  for (; column + PANEL <= columns; column += PANEL) {
    const low = v128.load(z + bytes(column));
    const high = v128.load(z + bytes(column), 16);
    v128.store(out, low);
    v128.store(out, high, 16);
    probe = f64x2.add(probe, f64x2.mul(low, zero));
    other = f64x2.add(other, f64x2.mul(high, zero));
    out += SPACING;
  }
  let finite = r * 0;
  let lane = 0;
  if (constant && columns < 3) {
    store<f64>(out, 1);
    lane = 1;
  }
  for (; column <= columns; column++) {
    const value = column < columns ? load<f64>(z + bytes(column)) : r;
    finite += value * 0;
    store<f64>(out + bytes(lane), value);
    if (++lane == PANEL) {
      lane = 0;
      out += SPACING;
    }
  }
  if (lane > 0) for (; lane < PANEL; lane++) store<f64>(out + bytes(lane), 0);
  probe = f64x2.add(probe, other);
  return finite + f64x2.extract_lane(probe, 0) + f64x2.extract_lane(probe, 1) == 0;
}

import { DEPTH, PANEL, outside, pack, roundUp, scalePart, tile } from './tiles';
import { bytes } from './vectors';

/** Rows of A packed at a time: 96 x 256 numbers are 192 KB, within the second-level cache. */
const ROWS: i32 = 96;
/** Columns of B packed at a time. */
const COLUMNS: i32 = 2048;

/** Elements of workspace: packed A, packed B, one block of the output. */
export function gemmWorkspace(m: i32, n: i32, k: i32): i32 {
  return (min(roundUp(n), COLUMNS) + min(roundUp(m), ROWS)) * min(k, DEPTH) + 16;
}

/** C = alpha A B + beta C on `part` of C; the contract is KernelProgram.gemm. */
export function gemm(
  m: i32,
  n: i32,
  k: i32,
  alpha: f64,
  a: i32,
  aRow: i32,
  aColumn: i32,
  b: i32,
  bRow: i32,
  bColumn: i32,
  beta: f64,
  c: i32,
  cRow: i32,
  part: i32,
  workspace: i32,
): void {
  const rowBytes = bytes(cRow);
  const output = bytes(c);
  scalePart(m, n, beta, output, rowBytes, part);
  const scratch = bytes(workspace);
  const packedB = scratch + 128;
  const packedA = packedB + bytes(min(roundUp(n), COLUMNS) * min(k, DEPTH));
  for (let j0 = 0; j0 < n; j0 += COLUMNS) {
    const width = min(COLUMNS, n - j0);
    for (let k0 = 0; k0 < k; k0 += DEPTH) {
      const depth = min(DEPTH, k - k0);
      const panel = bytes(PANEL * depth);
      pack(width, depth, bytes(b + k0 * bRow + j0 * bColumn), bytes(bColumn), bytes(bRow), packedB, panel);
      for (let i0 = 0; i0 < m; i0 += ROWS) {
        const height = min(ROWS, m - i0);
        if (outside(part, i0, j0, height, width)) continue;
        pack(height, depth, bytes(a + i0 * aRow + k0 * aColumn), bytes(aRow), bytes(aColumn), packedA, panel);
        for (let j = 0; j < width; j += PANEL) {
          const right = packedB + bytes(j * depth);
          const wide = min(PANEL, width - j);
          for (let i = 0; i < height; i += PANEL) {
            const high = min(PANEL, height - i);
            const left = packedA + bytes(i * depth);
            if (outside(part, i0 + i, j0 + j, high, wide)) continue;
            const target = output + ((i0 + i) as usize) * rowBytes + bytes(j0 + j);
            tile(depth, left, right, target, rowBytes, alpha, i0 + i, j0 + j, high, wide, part, scratch);
          }
        }
      }
    }
  }
}

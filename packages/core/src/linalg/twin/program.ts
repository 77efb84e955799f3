import type { Heap } from '../heap.ts';
import type { KernelProgram } from '../program.ts';
import { twinCholesky } from './cholesky.ts';
import { twinEigen } from './eigen.ts';
import { twinOrthogonal } from './orthogonal.ts';
import { twinProducts } from './products.ts';

/** The kernels as plain TypeScript: slow, short, and independent of the WebAssembly ones. */
export function twinProgram(heap: Heap): KernelProgram {
  return { ...twinProducts(heap), ...twinCholesky(heap), ...twinEigen(heap), ...twinOrthogonal(heap) };
}

// Kernels over a heap, for hot loops: what the functions of /linalg are made of.
export { createLinalgKernels, linalgKernels } from './backend.ts';
export { gramEigen } from './eigen.ts';
export { heapBlock, heapMatrix, transposed, type HeapMatrix, type Region } from './heap.ts';
export type { Accumulation, ArrayBlock, Factorisation, HeapBlock, LinalgKernels } from './kernels.ts';

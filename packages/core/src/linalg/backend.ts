import { Heap, createMemory } from './heap.ts';
import type { LinalgKernels } from './kernels.ts';
import { bindKernels } from './kernels.ts';
import { twinProgram } from './twin/program.ts';

export type LinalgBackend = LinalgKernels['backend'];

/** Kernels over a heap of their own, which is freed with them. */
export function createLinalgKernels(): LinalgKernels {
  const heap = new Heap(createMemory());
  return bindKernels('typescript', heap, twinProgram(heap));
}

let shared: LinalgKernels | undefined;

/** The kernels that the functions of this module run on, made at the first call. */
export function linalgKernels(): LinalgKernels {
  shared ??= createLinalgKernels();
  return shared;
}

/** Which kernels are in use. */
export function linalgBackend(): LinalgBackend {
  return linalgKernels().backend;
}

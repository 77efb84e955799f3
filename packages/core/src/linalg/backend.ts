import { ConfigError, describe } from '../errors.ts';
import { canRunCompiled, compiledProgram } from './compiled.ts';
import { Heap, createMemory } from './heap.ts';
import type { LinalgKernels } from './kernels.ts';
import { bindKernels } from './bind-kernels.ts';
import { twinProgram } from './twin/program.ts';

/** Compiled kernels, or the plain ones that take over where WebAssembly SIMD is missing. */
export type LinalgBackend = LinalgKernels['backend'];

/** The backend that the environment asks for with ML4T_LINALG, else the fastest that runs here. */
function chooseBackend(): LinalgBackend {
  const asked = process.env['ML4T_LINALG'];
  if (asked === 'typescript') return asked;
  if (asked === undefined || asked === '') return canRunCompiled() ? 'wasm-simd' : 'typescript';
  if (asked === 'wasm-simd') return asked;
  throw new ConfigError({
    field: 'ML4T_LINALG',
    expected: "'wasm-simd' or 'typescript'",
    found: describe(asked),
    remedy: 'Unset it to take the fastest that runs here.',
  });
}

/**
 * Kernels over a heap of their own, which is freed with them: for an algorithm with large state.
 * Throws EngineError when the backend asked for does not run here, ConfigError for a wrong ML4T_LINALG.
 */
export function createLinalgKernels(options: { readonly backend?: LinalgBackend } = {}): LinalgKernels {
  const backend = options.backend ?? chooseBackend();
  const heap = new Heap(createMemory());
  return bindKernels(backend, heap, backend === 'wasm-simd' ? compiledProgram(heap.memory) : twinProgram(heap));
}

let shared: LinalgKernels | undefined;

/** The kernels that the functions of this module run on, made at the first call. */
export function linalgKernels(): LinalgKernels {
  shared ??= createLinalgKernels();
  return shared;
}

/** Which kernels the functions of this module run on. */
export function linalgBackend(): LinalgBackend {
  return linalgKernels().backend;
}

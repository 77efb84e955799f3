import { readFileSync } from 'node:fs';
import { EngineError } from '../errors.ts';
import type { GrowableMemory } from './web-assembly.ts';
import type { KernelProgram } from './program.ts';
import { webAssembly } from './web-assembly.ts';
import type { WebAssemblyApi } from './web-assembly.ts';

interface Compiled {
  readonly api: WebAssemblyApi;
  readonly module: object;
}

let compiled: Compiled | undefined;

/** The compiled module, read and compiled at the first call; undefined where the runtime cannot run it. */
function compile(api: WebAssemblyApi | undefined): Compiled | undefined {
  if (api === undefined || compiled !== undefined) return compiled;
  const file = new URL('../../wasm/linalg.wasm', import.meta.url);
  let code: Uint8Array;
  try {
    code = readFileSync(file);
  } catch (cause) {
    throw new EngineError({
      field: 'linalg.wasm',
      expected: 'the compiled kernels beside the package code',
      found: `no readable file (${cause instanceof Error ? cause.message : String(cause)})`,
      remedy: 'Build @ml4t/core, keep its wasm folder when bundling, or set ML4T_LINALG=typescript to do without.',
      cause,
    });
  }
  // Where SIMD is missing the module is not valid there; that is no error, the TypeScript kernels take over.
  if (api.validate(code)) compiled = { api, module: new api.Module(code) };
  return compiled;
}

/** Whether this runtime can run the compiled kernels. */
export function canRunCompiled(api: WebAssemblyApi | undefined = webAssembly()): boolean {
  return compile(api) !== undefined;
}

/** The compiled kernels over a memory. */
export function compiledProgram(memory: GrowableMemory): KernelProgram {
  const ready = compile(webAssembly());
  if (ready === undefined)
    throw new EngineError({
      field: 'backend',
      expected: 'a runtime with WebAssembly SIMD',
      found: 'none',
      remedy: "Use the backend 'typescript'.",
    });
  return new ready.api.Instance(ready.module, { env: { memory } }).exports as KernelProgram;
}

import { readFileSync } from 'node:fs';
import { EngineError } from '../errors.ts';
import { wasm } from './wasm-api.ts';
import type { WasmMemory, WasmModule } from './wasm-api.ts';

/**
 * A kernel does the part `from .. to-1` of its work (rows, elements, segments or sequences) and knows which chunk it is,
 * so that partial sums go to a place of their own. All places are offsets in elements from the start of the heap; -1
 * stands for an array that is not there. WebAssembly and TypeScript kernels have the same signature.
 */
export type Kernel = (chunk: number, from: number, to: number, ...operands: number[]) => void;

/**
 * How the kernels of the embedded engine form a b + c. `fused` rounds once and is faster; it needs WebAssembly's relaxed SIMD (Node 22
 * or later) and a processor with fused multiply-add. `portable` rounds the product and the sum, anywhere. Equal seeds and data
 * give equal bits with the same arithmetic, on every processor, Node version and number of threads; the two differ in the last digits.
 */
export type Arithmetic = 'fused' | 'portable';

const files: Readonly<Record<Arithmetic, string>> = { fused: 'nn-fused.wasm', portable: 'nn.wasm' };

const modules = new Map<Arithmetic, WasmModule>();

/**
 * The compiled kernels.
 *
 * @throws EngineError when their file is missing or this runtime does not compile them.
 */
export function kernelModule(arithmetic: Arithmetic): WasmModule {
  const known = modules.get(arithmetic);
  if (known) return known;
  const name = files[arithmetic];
  const bytes = kernelFile(name);
  try {
    const module = new wasm.Module(bytes);
    modules.set(arithmetic, module);
    return module;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw unavailable(
      arithmetic,
      arithmetic === 'fused' ? `Node ${process.versions.node} without relaxed SIMD` : message,
      cause,
    );
  }
}

/** A missing file is a broken package, whatever the arithmetic: taking the other one instead would change the numbers silently. */
function kernelFile(name: string): Uint8Array {
  try {
    return readFileSync(new URL(`../../wasm/${name}`, import.meta.url));
  } catch (cause) {
    throw new EngineError({
      field: "engine 'embedded'",
      expected: `the compiled kernels in wasm/${name} of the package`,
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: 'Install @ml4t/core again; in a checkout, run its build first.',
      cause,
    });
  }
}

/**
 * Links the kernels to a memory.
 *
 * @throws EngineError when they do not compute with the arithmetic that they were compiled for.
 */
export function linkKernels(arithmetic: Arithmetic, memory: WasmMemory): Record<string, Kernel> {
  const { exports } = new wasm.Instance(kernelModule(arithmetic), { env: { memory } });
  const kernels = exports as Record<string, Kernel> & { readonly roundsOnce: () => number };
  // Relaxed SIMD may round the product as well, on processors that have no such instruction.
  if (arithmetic === 'fused' && kernels.roundsOnce() !== 1)
    throw unavailable('fused', 'a processor on which it rounds the product as well');
  return kernels;
}

/** Node 20 has relaxed SIMD behind a flag, which is its user's to set: a library that set flags of V8 would set them for everybody. */
export const fusedRemedy =
  'Use a processor with fused multiply-add and Node 22 or later, or Node 20 started as ' +
  "`node --experimental-wasm-relaxed-simd`; or 'embedded-portable'.";

function unavailable(arithmetic: Arithmetic, found: string, cause?: unknown): EngineError {
  const fused = arithmetic === 'fused';
  return new EngineError({
    field: `engine 'embedded-${arithmetic}'`,
    expected: fused
      ? "WebAssembly's relaxed SIMD with a multiply-add that rounds once"
      : 'WebAssembly with SIMD and shared memory',
    found,
    remedy: fused ? fusedRemedy : 'Use Node 20.19 or later.',
    cause,
  });
}

let best: Arithmetic | undefined;

/** The fused arithmetic where this runtime and processor have it, else the portable one. */
export function availableArithmetic(): Arithmetic {
  return (best ??= hasFused() ? 'fused' : 'portable');
}

function hasFused(): boolean {
  const bytes = kernelFile(files.fused);
  try {
    if (!wasm.validate(bytes)) return false;
    linkKernels('fused', new wasm.Memory({ initial: 1, maximum: 1, shared: true }));
    return true;
  } catch {
    // What stands in the way, the error of an engine that asks for it by name says.
    return false;
  }
}

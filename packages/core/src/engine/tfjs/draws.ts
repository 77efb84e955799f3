import { availableArithmetic, linkKernels } from '../arithmetic.ts';
import type { Kernel } from '../arithmetic.ts';
import { keep, normalAt } from '../noise.ts';
import { wasm } from '../wasm-api.ts';
import type { WasmMemory } from '../wasm-api.ts';

/**
 * Numbers made on the host from the embedded engine's streams, so that equal seeds give equal masks on both engines. What is returned
 * holds until the next call.
 */
export interface Draws {
  /** 0 with probability `rate`, else 1 / (1 - rate). */
  factors(size: number, rate: number, key: number): Float32Array;
  /** deviation * standard normal. */
  normals(size: number, deviation: number, key: number): Float32Array;
}

/** By the embedded engine's compiled kernels, four numbers at a time; one by one where there is no WebAssembly. */
export function makeDraws(): Draws {
  try {
    return compiledDraws();
  } catch {
    // What is missing, an engine that is asked for by name says.
    return plainDraws;
  }
}

let made: Draws | undefined;

/** The same for all engines of the process. */
export function hostDraws(): Draws {
  return (made ??= makeDraws());
}

/** One by one: also where an array is larger than the memory of the kernels can become. */
const plainDraws: Draws = {
  factors(size, rate, key) {
    const kept = 1 / (1 - rate);
    const numbers = new Float32Array(size);
    for (let i = 0; i < size; i++) if (keep(key, i, rate)) numbers[i] = kept;
    return numbers;
  },
  normals(size, deviation, key) {
    const numbers = new Float32Array(size);
    for (let i = 0; i < size; i++) numbers[i] = deviation * normalAt(key, i);
    return numbers;
  },
};

const page = 65536;
/** Pages of memory to ask for at most: a gigabyte, or less where the host reserves less address space. */
const limits = [16384, 4096, 1024];
/** The kernels read what they multiply and add to from a block of this many equal numbers, again and again. */
const block = 8192;
/** Element numbers: the first page is the kernels' own; whole vectors are read past the end of a block. */
const ones = page / 4;
const zeros = ones + block + 16;
const numbersAt = zeros + block + 16;

function compiledDraws(): Draws {
  const memory = allocate();
  const { dropout, noise } = linkKernels(availableArithmetic(), memory);
  new Float32Array(memory.buffer, 4 * ones, block).fill(1);
  /** Whether the memory has room for so many numbers, or more of it could be had. */
  const holds = (size: number): boolean => {
    const missing = 4 * (numbersAt + size + 16) - memory.buffer.byteLength;
    if (missing <= 0) return true;
    try {
      memory.grow(Math.ceil(missing / page));
      return true;
    } catch {
      return false;
    }
  };
  const draw = (size: number, run: Kernel, source: number, ...operands: number[]) => {
    for (let from = 0; from < size; from += block)
      run(0, from, Math.min(size, from + block), source - from, numbersAt, ...operands);
    return new Float32Array(memory.buffer, 4 * numbersAt, size);
  };
  return {
    factors: (size, rate, key) =>
      holds(size) ? draw(size, dropout, ones, rate, key, 0) : plainDraws.factors(size, rate, key),
    normals: (size, deviation, key) =>
      holds(size) ? draw(size, noise, zeros, deviation, key) : plainDraws.normals(size, deviation, key),
  };
}

function allocate(): WasmMemory {
  for (const maximum of limits)
    try {
      return new wasm.Memory({ initial: 4, maximum, shared: true });
    } catch (error) {
      if (maximum === limits[limits.length - 1]) throw error;
    }
  throw new RangeError('no shared memory');
}

/**
 * A kernel does the part `from .. to-1` of its work (rows, elements, segments or sequences) and knows which chunk it is,
 * so that partial sums go to a place of their own. All places are offsets in elements from the start of the heap; -1
 * stands for an array that is not there. WebAssembly and TypeScript kernels have the same signature.
 */
export type Kernel = (chunk: number, from: number, to: number, ...operands: number[]) => void;

/** The heap as a kernel sees it. The views are replaced when the heap grows, so kernels read them on entry. */
export interface HeapViews {
  /** Float64 when the tape runs as the oracle of the gradient tests, else Float32. */
  f: Float32Array | Float64Array;
  /** Integers at the same offsets. */
  i: Int32Array;
}

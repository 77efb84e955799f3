/** The heap as a kernel sees it. The views are replaced when the heap grows, so kernels read them on entry. */
export interface HeapViews {
  /** Float64 when the tape runs as the oracle of the gradient tests, else Float32. */
  f: Float32Array | Float64Array;
  /** Integers at the same offsets. */
  i: Int32Array;
}

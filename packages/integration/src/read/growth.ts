/** A longer copy of an array, for one that grows by doubling. */
export function grown<A extends Float64Array | Int32Array>(array: A, length: number): A {
  const larger = (array instanceof Float64Array ? new Float64Array(length) : new Int32Array(length)) as A;
  larger.set(array);
  return larger;
}

// The same numbers as bench/peers/uniform.py, so that both sides of a row work on the same data.

/** n numbers on (-1, 1): a linear congruential generator, seeded. Good enough to fill a panel, and quick. */
export function uniform(n, seed) {
  const values = new Float64Array(n);
  let state = (seed * 2654435761) >>> 0;
  for (let i = 0; i < n; i++) values[i] = (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  return values;
}

// Bound once: in a sandboxed context, such as a test's, looking a global up costs more than the comparison.
const { isNaN } = Number;

/**
 * Ranks 1 … n of the entries, ties sharing the average of their ranks; NaN stays NaN and is not counted.
 * -0 and 0 are tied. Linear time.
 */
export function averageRanks(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  new Ranker(values.length).rankInto(out, values);
  return out;
}

/** Which half of a float64 in memory holds its sign: the second on little-endian machines. */
const SIGN_WORD = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;
const DIGITS = 8;
const BASE = 256;

/**
 * {@link averageRanks} for loops over many columns of up to `size` entries: nothing is allocated per column.
 *
 * A radix sort of positions by the bits of the numbers, byte by byte from the lowest: it takes the same few operations
 * per entry whatever the values are, and bytes that all entries share are skipped.
 */
export class Ranker {
  readonly #word: Uint32Array;
  readonly #number: Float64Array;
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  #order: Uint32Array;
  #next: Uint32Array;
  readonly #counts = new Uint32Array(DIGITS * BASE);

  constructor(size: number) {
    this.#number = new Float64Array(1);
    this.#word = new Uint32Array(this.#number.buffer);
    this.#low = new Uint32Array(size);
    this.#high = new Uint32Array(size);
    this.#order = new Uint32Array(size);
    this.#next = new Uint32Array(size);
  }

  /** Ranks of `values` into `out`; returns n, the number ranked. */
  rankInto(out: Float64Array, values: Float64Array): number {
    const n = this.#readKeys(values);
    for (let digit = 0; digit < DIGITS; digit++) this.#sortBy(digit, n);
    const order = this.#order;
    out.fill(NaN, 0, values.length);
    for (let first = 0; first < n;) {
      const value = values[order[first]];
      let last = first + 1;
      while (last < n && values[order[last]] === value) last++;
      const rank = (first + 1 + last) / 2;
      while (first < last) out[order[first++]] = rank;
    }
    return n;
  }

  /** Unsigned 64-bit keys in the order of the numbers, and how often each byte occurs at each place. */
  #readKeys(values: Float64Array): number {
    const counts = this.#counts.fill(0);
    const number = this.#number;
    const word = this.#word;
    const order = this.#order;
    let n = 0;
    for (let i = 0; i < values.length; i++) {
      if (isNaN(values[i])) continue;
      // Adding 0 makes -0 and 0 one key.
      number[0] = values[i] + 0;
      let low = word[1 - SIGN_WORD];
      let high = word[SIGN_WORD];
      // Negative numbers grow as their bits, read as an integer, shrink; positive ones come after them.
      if (high >= 0x80000000) {
        low = ~low;
        high = ~high;
      } else high = high | 0x80000000;
      this.#low[i] = low;
      this.#high[i] = high;
      for (let digit = 0; digit < 4; digit++) {
        counts[digit * BASE + ((low >>> (8 * digit)) & 255)]++;
        counts[(digit + 4) * BASE + ((high >>> (8 * digit)) & 255)]++;
      }
      order[n++] = i;
    }
    return n;
  }

  /** One stable pass: positions in the order of one byte of their keys. */
  #sortBy(digit: number, n: number): void {
    const order = this.#order;
    const next = this.#next;
    const keys = digit < 4 ? this.#low : this.#high;
    const shift = 8 * (digit % 4);
    const starts = this.#counts.subarray(digit * BASE, (digit + 1) * BASE);
    if (n === 0 || starts[(keys[order[0]] >>> shift) & 255] === n) return;
    let start = 0;
    for (let value = 0; value < BASE; value++) {
      const count = starts[value];
      starts[value] = start;
      start += count;
    }
    for (let i = 0; i < n; i++) {
      const position = order[i];
      next[starts[(keys[position] >>> shift) & 255]++] = position;
    }
    this.#order = next;
    this.#next = order;
  }
}

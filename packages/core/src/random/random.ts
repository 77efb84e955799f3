import { ConfigError, describe } from '../errors.ts';

// Bound once: in a sandboxed context, such as a test's, looking a global up costs more than the draw.
const { expm1, log, sqrt } = Math;
const { isNaN } = Number;

/**
 * Seeded random numbers: equal seeds give equal bits, on every machine and in every process.
 *
 * The integer stream is xoshiro256** (Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators"),
 * period 2^256 - 1, its 256 bits of state filled by SplitMix64 from the seed, as its authors advise. Real variates use
 * only IEEE arithmetic and `Math.log`, `Math.sqrt` and `Math.expm1`, which V8 computes in portable code of its own.
 *
 * Networks draw by `CounterRandom` of `@ml4t/core/nn` instead, whose numbers any thread can make in any order.
 *
 * A generator belongs to one consumer: give each part of a program its own stream with {@link Random.fork}.
 */
export class Random {
  /** The four 64-bit words of state, each as (low, high) halves of 32 bits. */
  readonly #state: Int32Array;
  /** What the state was filled from; forks are derived from it. */
  readonly #key: bigint;
  /** Halves of the latest 64-bit output. */
  #low = 0;
  #high = 0;
  #spareNormal = Number.NaN;

  /** A whole number from 0 to 2^53 - 1, or any 64-bit value as a bigint. Throws ConfigError. */
  constructor(seed: number | bigint) {
    const valid = typeof seed === 'bigint' ? seed >= 0n && seed <= MASK : Number.isSafeInteger(seed) && seed >= 0;
    if (!valid)
      throw new ConfigError({
        field: 'seed',
        expected: 'a whole number from 0 to 2^53 - 1',
        found: describe(seed),
        remedy: 'Pass a fixed number, so that the run can be repeated.',
      });
    this.#key = BigInt(seed);
    this.#state = expandKey(this.#key);
  }

  /**
   * An independent stream, named by a label. It depends on this generator's seed (with the labels above it) and on the
   * label alone, never on the draws made so far: one more draw in one place changes no other place's numbers.
   */
  fork(label: string | number): Random {
    // The type is part of the text: fork(1) and fork('1') are different streams.
    const text = `${typeof label}:${String(label)}`;
    let key = mix64(this.#key + GOLDEN);
    for (let i = 0; i < text.length; i++) key = mix64((key ^ BigInt(text.charCodeAt(i))) + GOLDEN);
    return new Random(key);
  }

  /** The next 64 bits of the stream, as an unsigned integer. */
  bits64(): bigint {
    this.#advance();
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
  }

  /** Uniform on [0, 1): a multiple of 2^-53, every one equally likely. */
  uniform(): number {
    this.#advance();
    return ((this.#high >>> 0) * 2097152 + (this.#low >>> 11)) / 9007199254740992;
  }

  /** A whole number from 0 to n - 1, every one exactly equally likely; n from 1 to 2^53 - 1. Throws ConfigError. */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1)
      throw new ConfigError({
        field: 'n',
        expected: 'a whole number from 1 to 2^53 - 1',
        found: describe(n),
        remedy: 'Pass how many values there are to choose from.',
      });
    // Draws in the last, incomplete run of n values are thrown away, so that no value is favoured.
    const range = n <= 4294967296 ? 4294967296 : 9007199254740992;
    const limit = range - (range % n);
    for (;;) {
      this.#advance();
      const draw = range === 4294967296 ? this.#high >>> 0 : (this.#high >>> 0) * 2097152 + (this.#low >>> 11);
      if (draw < limit) return draw % n;
    }
  }

  /** Standard normal, by the polar method of Marsaglia and Bray (1964). */
  normal(): number {
    const spare = this.#spareNormal;
    if (!isNaN(spare)) {
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const w = u * u + v * v;
      if (w >= 1 || w === 0) continue;
      const scale = sqrt((-2 * log(w)) / w);
      this.#spareNormal = v * scale;
      return u * scale;
    }
  }

  /**
   * Student's t with `degreesOfFreedom` > 0 (not scaled: variance df / (df - 2)), by the polar method of Bailey (1994).
   * Throws ConfigError.
   */
  studentT(degreesOfFreedom: number): number {
    if (!(degreesOfFreedom > 0) || !Number.isFinite(degreesOfFreedom))
      throw new ConfigError({
        field: 'degreesOfFreedom',
        expected: 'a finite number > 0',
        found: describe(degreesOfFreedom),
        remedy: 'Use `normal` for the limit of infinitely many.',
      });
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const w = u * u + v * v;
      if (w >= 1 || w === 0) continue;
      // df (w^(-2/df) - 1), without the cancellation that the power would suffer for w near 1.
      const square = degreesOfFreedom * expm1((-2 / degreesOfFreedom) * log(w));
      return u * sqrt(square / w);
    }
  }

  /** Puts the entries in random order, in place, every order equally likely (Fisher and Yates). Returns its argument. */
  shuffle<A extends Int32Array | Float64Array | unknown[]>(array: A): A {
    const entries: { [i: number]: unknown } = array;
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const entry = entries[i];
      entries[i] = entries[j];
      entries[j] = entry;
    }
    return array;
  }

  /** The numbers 0 … n - 1 in random order. */
  permutation(n: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i));
  }

  /** One step of xoshiro256**: output rotl(s1 * 5, 7) * 9, then the linear step, on halves of 32 bits. */
  #advance(): void {
    const s = this.#state;
    const s0l = s[0];
    const s0h = s[1];
    const s1l = s[2];
    const s1h = s[3];
    // x * 5 = (x << 2) + x, and x * 9 = (x << 3) + x, carrying from the low half to the high one.
    let low = ((s1l << 2) >>> 0) + (s1l >>> 0);
    let high = ((s1h << 2) | (s1l >>> 30)) + s1h + (low > 4294967295 ? 1 : 0);
    const rotatedLow = (low << 7) | (high >>> 25);
    const rotatedHigh = (high << 7) | ((low | 0) >>> 25);
    low = ((rotatedLow << 3) >>> 0) + (rotatedLow >>> 0);
    high = ((rotatedHigh << 3) | (rotatedLow >>> 29)) + rotatedHigh + (low > 4294967295 ? 1 : 0);
    this.#low = low | 0;
    this.#high = high | 0;

    const s2l = s[4] ^ s0l;
    const s2h = s[5] ^ s0h;
    const s3l = s[6] ^ s1l;
    const s3h = s[7] ^ s1h;
    s[0] = s0l ^ s3l;
    s[1] = s0h ^ s3h;
    s[2] = s1l ^ s2l;
    s[3] = s1h ^ s2h;
    s[4] = s2l ^ (s1l << 17);
    s[5] = s2h ^ ((s1h << 17) | (s1l >>> 15));
    // rotl(x, 45) = rotl(x, 13) with the halves exchanged.
    s[6] = (s3h << 13) | (s3l >>> 19);
    s[7] = (s3l << 13) | (s3h >>> 19);
  }
}

const MASK = (1n << 64n) - 1n;
/** 2^64 over the golden ratio: the increment of SplitMix64. */
const GOLDEN = 0x9e3779b97f4a7c15n;

/** Four outputs of SplitMix64 started at `key`. Never all zero, which is the one state xoshiro cannot leave. */
function expandKey(key: bigint): Int32Array {
  const state = new Int32Array(8);
  for (let word = 0; word < 4; word++) {
    const value = mix64(key + BigInt(word + 1) * GOLDEN);
    state[2 * word] = Number(BigInt.asIntN(32, value));
    state[2 * word + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }
  return state;
}

/** The output function of SplitMix64 (Steele, Lea and Flood 2014), modulo 2^64. */
function mix64(value: bigint): bigint {
  let z = value & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

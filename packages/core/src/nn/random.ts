// Looked up once: where globals go through a sandbox, as under jest, this is most of the time.
const { imul, sqrt, log, cos, PI } = Math;

/**
 * Counter-based random numbers: number i of a stream is a function of (key, i) and of nothing else, so any thread can make
 * any of them and equal seeds give equal bits. The mixing function is the 32-bit "lowbias32" finaliser (C. Wellons, 2018).
 */
export function mix(x: number): number {
  x = imul(x ^ (x >>> 16), 0x7feb352d);
  x = imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** 32 random bits: number `counter` of the stream `key`. The kernels compute the same function. */
export function randomBits(key: number, counter: number): number {
  return mix(mix(counter ^ key) + imul(key, 0x9e3779b9));
}

/** A key for a stream of its own, derived from a parent key and a label or number. */
export function deriveKey(key: number, label: string | number): number {
  let derived = mix(key ^ 0x5bf03635);
  if (typeof label === 'number') return mix(derived ^ imul(label + 1, 0x9e3779b9));
  for (let i = 0; i < label.length; i++) derived = mix(derived ^ label.charCodeAt(i) ^ imul(i + 1, 0x9e3779b9));
  return derived;
}

/**
 * A seeded generator for the host: initial weights, permutations, masks. Its numbers are those that the kernels compute by
 * themselves, whichever thread is first; simulations and bootstraps, which draw in one order, use `Random` of the root entry.
 */
export class CounterRandom {
  readonly key: number;
  #counter = 0;

  /** @param seed any integer; only its low 32 bits count. */
  constructor(seed: number) {
    this.key = mix(seed >>> 0);
  }

  /** A generator with a stream of its own: the same label always gives the same stream. */
  fork(label: string | number): CounterRandom {
    return new CounterRandom(deriveKey(this.key, label));
  }

  bits(): number {
    return randomBits(this.key, this.#counter++);
  }

  /** Uniform on (low, high), 53 bits. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6) + 0.5) / 9007199254740992;
    return low + (high - low) * unit;
  }

  /** Standard normal, Box-Muller. */
  normal(): number {
    return sqrt(-2 * log(this.uniform())) * cos(2 * PI * this.uniform());
  }

  /** Uniform integer on 0 .. below-1. */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** A random order of 0 .. n-1 (Fisher-Yates), in `order` where there is one. */
  permutation(n: number, order: Int32Array = new Int32Array(n)): Int32Array {
    for (let i = 0; i < n; i++) {
      const j = this.integer(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}

import { EngineError } from '../../errors.ts';
import type { HeapViews } from './kernels/kernel.ts';

/** Smallest block, in elements: one cache line of float32. */
const line = 16;
/** Kernels read whole vectors past the end of an array; this many elements after the last block are always there. */
const slack = 64;

/** Where the heap's bytes are: shared WebAssembly memory, or a plain array for the TypeScript oracle. */
export interface Storage {
  readonly views: HeapViews;
  /** First element that may be taken; what is below belongs to the kernels' own constants. */
  readonly origin: number;
  /** Elements there are now. */
  readonly length: number;
  /** Makes room for at least so many elements and replaces the views. */
  grow(elements: number): void;
}

/**
 * Blocks of the heap by size class, eight classes an octave, each with a list of free blocks. A training step takes and
 * returns the same classes every time, so after the first step it grows nothing. Ragged batches whose sizes differ a
 * little share classes.
 */
export class Heap {
  readonly storage: Storage;
  #top: number;
  #used = 0;
  readonly #free = new Map<number, number[]>();
  readonly #classOf = new Map<number, number>();

  constructor(storage: Storage) {
    this.storage = storage;
    this.#top = storage.origin;
  }

  /** Elements in blocks that are taken. */
  get used(): number {
    return this.#used;
  }

  get reserved(): number {
    return this.storage.length;
  }

  get f(): Float32Array | Float64Array {
    return this.storage.views.f;
  }

  get i(): Int32Array {
    return this.storage.views.i;
  }

  /** Takes a block of at least `size` elements and returns its place. The contents are whatever was there. */
  take(size: number): number {
    const sizeClass = classSize(size);
    this.#used += sizeClass;
    const free = this.#free.get(sizeClass)?.pop();
    if (free !== undefined) return free;
    const place = this.#top;
    if (place + sizeClass + slack > this.storage.length) this.storage.grow(place + sizeClass + slack);
    this.#top = place + sizeClass;
    this.#classOf.set(place, sizeClass);
    return place;
  }

  give(place: number): void {
    const sizeClass = this.#classOf.get(place);
    if (sizeClass === undefined)
      throw new EngineError({
        field: 'heap',
        expected: 'a block that was taken',
        found: `place ${place}`,
        remedy: 'This is a defect of the engine: please report it.',
      });
    this.#used -= sizeClass;
    const list = this.#free.get(sizeClass);
    if (list) list.push(place);
    else this.#free.set(sizeClass, [place]);
  }
}

/** The smallest class that holds `size`: (8 .. 15) 2^k elements, at least one line. */
function classSize(size: number): number {
  if (size <= line * 8) return Math.max(line, Math.ceil(size / line) * line);
  const step = 2 ** (Math.floor(Math.log2(size)) - 3);
  return Math.ceil(size / step) * step;
}

/** Storage in ordinary arrays, for the TypeScript kernels. */
export function arrayStorage(precision: 'float32' | 'float64'): Storage {
  const create = (n: number) => (precision === 'float64' ? new Float64Array(n) : new Float32Array(n));
  const views: HeapViews = { f: create(4096), i: new Int32Array(4096) };
  return {
    views,
    origin: line,
    get length() {
      return views.f.length;
    },
    grow(elements) {
      const length = Math.max(elements, Math.ceil(views.f.length * 1.5));
      const f = create(length);
      const i = new Int32Array(length);
      f.set(views.f);
      i.set(views.i);
      views.f = f;
      views.i = i;
    },
  };
}

import { EngineError } from '../../errors.ts';
import type { HeapViews } from './twin/kernel.ts';

/** Blocks start and end at multiples of this many elements: one cache line of float32. */
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
 * Blocks of the heap. Free blocks that touch are one, and a block is taken from the first free one it fits into, in the order
 * of places. A step takes forwards and gives back on the way back, so what it frees joins up again and the heap grows to
 * little more than what is in use at the worst moment; a list of free blocks for each size would hold the worst moment of
 * every size.
 */
export class Heap {
  readonly storage: Storage;
  /** Where the part begins that was never taken. */
  #top: number;
  #highest: number;
  #used = 0;
  /** Places of free blocks, ascending, and their ends; no two touch, and none touches the top. */
  readonly #free: number[] = [];
  readonly #ends: number[] = [];
  /** Length of each block that is taken, by its place. */
  readonly #taken = new Map<number, number>();

  constructor(storage: Storage) {
    this.storage = storage;
    this.#top = storage.origin;
    this.#highest = storage.origin;
  }

  /** Elements in blocks that are taken. */
  get used(): number {
    return this.#used;
  }

  /** Elements up to the end of the highest block there ever was. */
  get reserved(): number {
    return this.#highest;
  }

  get f(): Float32Array | Float64Array {
    return this.storage.views.f;
  }

  get i(): Int32Array {
    return this.storage.views.i;
  }

  /** Takes a block of at least `size` elements and returns its place. The contents are whatever was there. */
  take(size: number): number {
    const length = Math.max(line, Math.ceil(size / line) * line);
    const place = this.#fit(length) ?? this.#extend(length);
    this.#used += length;
    this.#taken.set(place, length);
    return place;
  }

  give(place: number): void {
    const length = this.#taken.get(place);
    if (length === undefined)
      throw new EngineError({
        field: 'heap',
        expected: 'a block that was taken',
        found: `place ${place}`,
        remedy: 'This is a defect of the engine: please report it.',
      });
    this.#taken.delete(place);
    this.#used -= length;
    this.#join(place, place + length);
  }

  #fit(length: number): number | undefined {
    const free = this.#free;
    const ends = this.#ends;
    for (let b = 0; b < free.length; b++) {
      const place = free[b];
      if (ends[b] - place < length) continue;
      if (ends[b] - place > length) free[b] += length;
      else {
        free.splice(b, 1);
        ends.splice(b, 1);
      }
      return place;
    }
    return undefined;
  }

  #extend(length: number): number {
    const place = this.#top;
    if (place + length + slack > this.storage.length) this.storage.grow(place + length + slack);
    this.#top = place + length;
    this.#highest = Math.max(this.#highest, this.#top);
    return place;
  }

  /** Adds from .. to-1 to what is free, joined to the free blocks on either side or to the top. */
  #join(from: number, to: number): void {
    const free = this.#free;
    const ends = this.#ends;
    let b = 0;
    for (let after = free.length; b < after;) {
      const middle = (b + after) >> 1;
      if (free[middle] < from) b = middle + 1;
      else after = middle;
    }
    const before = b > 0 && ends[b - 1] === from;
    if (to === this.#top) {
      this.#top = before ? free[b - 1] : from;
      if (before) {
        free.pop();
        ends.pop();
      }
      return;
    }
    const behind = b < free.length && free[b] === to;
    if (before && behind) {
      ends[b - 1] = ends[b];
      free.splice(b, 1);
      ends.splice(b, 1);
    } else if (before) ends[b - 1] = to;
    else if (behind) free[b] = from;
    else {
      free.splice(b, 0, from);
      ends.splice(b, 0, to);
    }
  }
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

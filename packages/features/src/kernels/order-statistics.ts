import type { WindowBounds } from '../window-bounds.ts';

/**
 * Quantile of each window, linear between order statistics: of n sorted values the one at q (n - 1). The window is kept sorted; a
 * value enters and leaves by a binary search and a move of the rest. NaN where the window is not full or a value is missing.
 */
export function movingQuantile({ first }: WindowBounds, x: Float64Array, q: number, out: Float64Array): Float64Array {
  const window = new SortedWindow(x);
  for (let p = 0; p < x.length; p++) {
    window.moveTo(first[p], p);
    out[p] = first[p] >= 0 && window.isComplete ? window.quantile(q) : Number.NaN;
  }
  return out;
}

/** Rank of the latest value of each window, ties averaged, over the number of values: 1 / n … 1. */
export function movingRank({ first }: WindowBounds, x: Float64Array, out: Float64Array): Float64Array {
  const window = new SortedWindow(x);
  for (let p = 0; p < x.length; p++) {
    window.moveTo(first[p], p);
    out[p] = first[p] >= 0 && window.isComplete ? window.rank(x[p]) : Number.NaN;
  }
  return out;
}

/** Values of `x` between two places, sorted. */
class SortedWindow {
  readonly #x: Float64Array;
  #sorted = new Float64Array(64);
  #size = 0;
  #missing = 0;
  #from = 0;
  #to = 0;

  constructor(x: Float64Array) {
    this.#x = x;
  }

  /** No value within is missing. */
  get isComplete(): boolean {
    return this.#missing === 0;
  }

  /** Holds the places `from … at`; a negative `from` empties it, and values come in again when there is a window. */
  moveTo(from: number, at: number): void {
    if (from < 0 || from >= this.#to) {
      this.#size = this.#missing = 0;
      this.#from = this.#to = Math.max(from, 0);
      if (from < 0) return;
    }
    while (this.#to <= at) this.#insert(this.#x[this.#to++]);
    while (this.#from < from) this.#remove(this.#x[this.#from++]);
  }

  quantile(q: number): number {
    const place = q * (this.#size - 1);
    const low = Math.floor(place);
    const value = this.#sorted[low];
    return place === low ? value : value + (place - low) * (this.#sorted[low + 1] - value);
  }

  rank(value: number): number {
    const below = this.#lowerBound(value);
    let above = below;
    while (above < this.#size && this.#sorted[above] === value) above++;
    return (below + 1 + above) / 2 / this.#size;
  }

  #insert(value: number): void {
    if (Number.isNaN(value)) {
      this.#missing++;
      return;
    }
    if (this.#size === this.#sorted.length) {
      const larger = new Float64Array(2 * this.#size);
      larger.set(this.#sorted);
      this.#sorted = larger;
    }
    const at = this.#lowerBound(value);
    const sorted = this.#sorted;
    for (let i = this.#size; i > at; i--) sorted[i] = sorted[i - 1];
    sorted[at] = value;
    this.#size++;
  }

  #remove(value: number): void {
    if (Number.isNaN(value)) {
      this.#missing--;
      return;
    }
    const sorted = this.#sorted;
    this.#size--;
    for (let i = this.#lowerBound(value); i < this.#size; i++) sorted[i] = sorted[i + 1];
  }

  #lowerBound(value: number): number {
    let [from, to] = [0, this.#size];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#sorted[middle] < value) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/**
 * Arrays that are used again: a fresh one of ten megabytes costs more to clear than most kernels take to fill it. What is taken holds
 * anything; whoever takes an array writes all of it.
 */
export class Scratch {
  readonly #free = new Map<number, Float64Array[]>();

  take(length: number): Float64Array {
    return this.#free.get(length)?.pop() ?? new Float64Array(length);
  }

  /** Gives arrays back that nobody reads any more. */
  give(...arrays: readonly Float64Array[]): void {
    for (const array of arrays) {
      if (array.length === 0) continue;
      const list = this.#free.get(array.length) ?? [];
      list.push(array);
      this.#free.set(array.length, list);
    }
  }
}

import { describe, expect, it } from '@jest/globals';
import { EngineError } from '../../src/errors.ts';
import { arrayStorage, Heap } from '../../src/engine/embedded/heap.ts';
import type { Storage } from '../../src/engine/embedded/heap.ts';
import { CounterRandom } from '../../src/nn/index.ts';

const newHeap = (): Heap => new Heap(arrayStorage('float32'));

/** Storage that remembers how many elements the heap needed, whatever the arrays grew to. */
function countingStorage(): Storage & { asked: number } {
  const inner = arrayStorage('float32');
  return {
    asked: 0,
    views: inner.views,
    origin: inner.origin,
    get length() {
      return this.asked;
    },
    grow(elements) {
      this.asked = elements;
      if (elements > inner.length) inner.grow(elements);
    },
  };
}

describe('the heap of the embedded engine', () => {
  it('never gives an element to two blocks, and joins everything up again', () => {
    const heap = newHeap();
    const generator = new CounterRandom(3);
    const blocks: { place: number; size: number; mark: number }[] = [];
    for (let round = 0; round < 3000; round++) {
      if (blocks.length > 0 && generator.uniform() < 0.5) {
        const [{ place, size, mark }] = blocks.splice(Math.floor(generator.uniform() * blocks.length), 1);
        expect(heap.f.subarray(place, place + size).every((value) => value === mark)).toBe(true);
        heap.give(place);
      } else {
        const size = 1 + Math.floor(generator.uniform() * (generator.uniform() < 0.2 ? 3000 : 60));
        const place = heap.take(size);
        heap.f.fill(round, place, place + size);
        blocks.push({ place, size, mark: round });
      }
    }
    for (const { place } of blocks) heap.give(place);
    expect(heap.used).toBe(0);
    // All free blocks are one again, up to the top: the first block of a fresh heap is there for a block of any size.
    const first = newHeap().take(1);
    expect(heap.take(100_000)).toBe(first);
  });

  it('holds little more than what is in use at the worst moment of a step', () => {
    const storage = countingStorage();
    const heap = new Heap(storage);
    const widths = [940, 960, 1900, 8960, 4480, 4480, 2560];
    let most = 0;
    const take = (size: number): number => {
      const place = heap.take(size);
      most = Math.max(most, heap.used);
      return place;
    };
    for (let step = 0; step < 3; step++) {
      // Forwards two arrays a layer; backwards a gradient and partial sums of another size, and the layer is given back.
      const layers = widths.map((width) => [take(width), take(width)]);
      let gradient = take(2560);
      for (let i = layers.length - 1; i > 0; i--) {
        const partials = take(3000 + widths[i] / 2);
        const next = take(widths[i - 1]);
        for (const place of [partials, gradient, ...layers[i]]) heap.give(place);
        gradient = next;
      }
      for (const place of [gradient, ...layers[0]]) heap.give(place);
    }
    expect(heap.used).toBe(0);
    // Lists of free blocks by size class come to 1.55 here.
    expect(storage.asked).toBeLessThan(1.1 * most);
  });

  it('refuses to take back what it did not give', () => {
    const heap = newHeap();
    const place = heap.take(10);
    heap.give(place);
    expect(() => heap.give(place)).toThrow(EngineError);
  });
});

import { describe, expect, it } from '@jest/globals';
import { createLinalgKernels } from '../../src/linalg/heap-kernels.ts';
import { Heap, createMemory, growableBuffer, heapBlock, heapMatrix, transposed } from '../../src/linalg/heap.ts';

describe.each([
  ['WebAssembly memory', createMemory],
  ['growable buffer', growableBuffer],
])('heap over a %s', (_, create) => {
  it('grows in place: views taken before stay valid, values stay', () => {
    const heap = new Heap(create());
    const before = heap.elements;
    const region = heap.region();
    const first = region.float64(100);
    before[first] = 42;
    const far = region.float64(2_000_000);
    expect(heap.elements.length).toBeGreaterThanOrEqual(far + 2_000_000);
    expect(heap.elements[first]).toBe(42);
    heap.elements[first] = 43;
    expect(before[first]).toBe(43);
  });

  it('says what it could not hold', () => {
    const region = new Heap(create()).region();
    expect(() => region.float64(2 ** 30)).toThrow(/linalg heap: expected room for \d+ float64 elements/);
  });
});

describe('regions', () => {
  it('reuses space after release, in whatever order regions are released', () => {
    const heap = new Heap(createMemory());
    const start = heap.top;
    const a = heap.region();
    const b = heap.region();
    a.float64(10);
    b.float64(10);
    const top = a.float64(1);
    a.release();
    expect(heap.top).toBe(top);
    b.release();
    b.release();
    expect(heap.top).toBe(start);
    expect(() => a.float64(1)).toThrow(/an open region/);
  });

  it('keeps allocations of interleaved regions apart and on cache lines', () => {
    const heap = new Heap(createMemory());
    const regions = [heap.region(), heap.region()];
    const offsets = Array.from({ length: 6 }, (_, i) => regions[i % 2].float64(3 + i));
    offsets.forEach((offset, i) => {
      expect(offset % 8).toBe(0);
      if (i > 0) expect(offset).toBeGreaterThanOrEqual(offsets[i - 1] + 2 + i);
    });
    expect(offsets[0]).toBeGreaterThan(0);
  });

  it('releases after an error', () => {
    const kernels = createLinalgKernels();
    const offsets = [1, 2].map(() => {
      let offset = 0;
      expect(() =>
        kernels.withRegion((region) => {
          offset = region.float64(5);
          throw new Error('stop');
        }),
      ).toThrow('stop');
      return offset;
    });
    expect(offsets[0]).toBe(offsets[1]);
  });
});

describe('blocks and transposes', () => {
  it('address the same elements', () => {
    const a = heapMatrix(8, 5, 7, 10);
    const block = heapBlock(transposed(a), 2, 1, 3, 2);
    expect(block).toEqual({ offset: 8 + 2 + 10, rows: 3, columns: 2, rowStride: 1, columnStride: 10 });
    expect(() => heapBlock(a, 3, 0, 3, 1)).toThrow(/a block inside 5 x 7/);
  });
});

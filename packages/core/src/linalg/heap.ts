import { EngineError, ShapeError } from '../errors.ts';
import { webAssembly } from './web-assembly.ts';
import type { GrowableMemory, WebAssemblyApi } from './web-assembly.ts';

/** A WebAssembly page in float64 elements, and the most elements that 4 GB can hold. */
const PAGE = 65536 / 8;
const MOST = 65536 * PAGE;
/** Allocations start on a cache line, and the first line stays free, so that offset 0 never names a matrix. */
const LINE = 8;

/** The shared memory of a kernel heap; where the runtime has no WebAssembly at all, a growable SharedArrayBuffer. */
export function createMemory(api: WebAssemblyApi | undefined = webAssembly()): GrowableMemory {
  if (api) return new api.Memory({ initial: 16, maximum: 65536, shared: true });
  return growableBuffer();
}

/** The same without WebAssembly. */
export function growableBuffer(): GrowableMemory {
  const Growable = SharedArrayBuffer as unknown as new (
    bytes: number,
    options: { maxByteLength: number },
  ) => SharedArrayBuffer & { grow(bytes: number): void };
  const buffer = new Growable(16 * PAGE * 8, { maxByteLength: MOST * 8 });
  return {
    buffer,
    grow(pages) {
      const before = buffer.byteLength;
      buffer.grow(before + pages * PAGE * 8);
      return before / (PAGE * 8);
    },
  };
}

/**
 * Space taken together and given back together. Regions may be released in any order: space is used again as soon as
 * nothing that was allocated after it is still held, so asynchronous algorithms may share one heap.
 */
export interface Region {
  /** Allocates float64 elements, not cleared, and returns the offset of the first one. */
  float64(length: number): number;
  /** Allocates a row-major matrix without gaps, not cleared. */
  matrix(rows: number, columns: number): HeapMatrix;
  /** Gives everything back. Calling it twice does nothing; views into the region must not be used afterwards. */
  release(): void;
}

/**
 * A matrix inside the heap: element (i, j) is `heap[offset + i * rowStride + j * columnStride]`.
 * Offsets and strides count float64 elements. A transpose swaps the strides and moves nothing.
 */
export interface HeapMatrix {
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Names a row-major matrix that already lies in the heap; `rowStride` is its leading dimension. */
export function heapMatrix(offset: number, rows: number, columns: number, rowStride: number = columns): HeapMatrix {
  return { offset, rows, columns, rowStride, columnStride: 1 };
}

/** The same elements read as the transpose. */
export function transposed(matrix: HeapMatrix): HeapMatrix {
  const { offset, rows, columns, rowStride, columnStride } = matrix;
  return { offset, rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride };
}

/** The block of `rows` x `columns` elements that starts at (row, column). Throws ShapeError when it does not fit. */
export function heapBlock(matrix: HeapMatrix, row: number, column: number, rows: number, columns: number): HeapMatrix {
  if (row < 0 || column < 0 || rows < 0 || columns < 0 || row + rows > matrix.rows || column + columns > matrix.columns)
    throw new ShapeError({
      field: 'heapBlock',
      expected: `a block inside ${matrix.rows} x ${matrix.columns}`,
      found: `${rows} x ${columns} from (${row}, ${column})`,
      remedy: 'Give the first row and column, then the size.',
    });
  const { rowStride, columnStride } = matrix;
  return { offset: matrix.offset + row * rowStride + column * columnStride, rows, columns, rowStride, columnStride };
}

/** A stack of allocations over one growable memory. */
export class Heap {
  readonly memory: GrowableMemory;
  /** Every allocation still on the stack, lowest first. */
  readonly #live: { end: number; region: { released: boolean } }[] = [];
  #elements: Float64Array;

  constructor(memory: GrowableMemory) {
    this.memory = memory;
    this.#elements = new Float64Array(memory.buffer);
  }

  /** The whole heap as it is now; after growth an earlier one still shows the part that it covered. */
  get elements(): Float64Array {
    return this.#elements;
  }

  /** The first element that no allocation holds. */
  get top(): number {
    const last = this.#live.at(-1);
    return last === undefined ? LINE : last.end;
  }

  region(): Region {
    const state = { released: false };
    const float64 = (length: number): number => {
      if (state.released)
        throw new EngineError({
          field: 'region',
          expected: 'an open region',
          found: 'one that was released',
          remedy: 'Open a new region with `kernels.region()`.',
        });
      const offset = this.top;
      const end = Math.ceil((offset + length) / LINE) * LINE;
      this.#reserve(end);
      this.#live.push({ end, region: state });
      return offset;
    };
    return {
      float64,
      matrix: (rows, columns) => heapMatrix(float64(rows * columns), rows, columns),
      release: () => {
        state.released = true;
        while (this.#live.at(-1)?.region.released) this.#live.pop();
      },
    };
  }

  /** Makes sure that the memory holds this many elements; grows by at least a quarter so that growth stays rare. */
  #reserve(elements: number): void {
    const have = this.#elements.length;
    if (elements <= have) return;
    try {
      if (!(elements <= MOST)) throw new RangeError('a heap holds at most 4 GB');
      this.memory.grow(Math.ceil((Math.min(MOST, Math.max(elements, have * 1.25)) - have) / PAGE));
    } catch (cause) {
      throw new EngineError({
        field: 'linalg heap',
        expected: `room for ${elements} float64 elements`,
        found: `${have} and no way to grow (${cause instanceof Error ? cause.message : String(cause)})`,
        remedy: 'Work on smaller blocks, release regions earlier, or give the process more memory.',
        cause,
      });
    }
    this.#elements = new Float64Array(this.memory.buffer);
  }
}

import { availableParallelism } from 'node:os';
import { Worker, isMainThread } from 'node:worker_threads';
import { EngineError } from '../../errors.ts';
import { availableArithmetic, kernelModule, linkKernels } from '../arithmetic.ts';
import type { Arithmetic } from '../arithmetic.ts';
import type { Machine } from './engine.ts';
import type { Storage } from './heap.ts';
import type { Kernel } from '../arithmetic.ts';
import type { HeapViews } from './twin/kernel.ts';
import { twinKernels } from './twin/kernels.ts';
import type { KernelName } from './twin/kernels.ts';
import type { Runner } from './tape.ts';
import { wasm } from '../wasm-api.ts';
import type { WasmMemory, WasmModule } from '../wasm-api.ts';
import { closed, control, spins, ticketBits, workerSource } from './worker-source.ts';

const page = 65536;
/** Pages of shared memory to ask for at most: 4 GB, or less where the host reserves less address space. */
const limits = [65536, 32768, 16384, 4096];

/**
 * Main thread and workers together, unless said otherwise. More than eight gain nothing at these sizes. In a worker thread one:
 * whoever started the workers has shared out the processors already.
 */
export function defaultThreads(): number {
  return isMainThread ? Math.min(8, availableParallelism()) : 1;
}

/**
 * Float32 numbers in shared WebAssembly memory, SIMD kernels, worker threads. Kernels that have no WebAssembly run in
 * TypeScript over the same memory. Without an arithmetic, the fused one where there is one.
 *
 * @throws EngineError when WebAssembly, its SIMD or shared memory is missing, the compiled kernels are not there, or the arithmetic
 * asked for is not to be had.
 */
export function wasmMachine(threads = defaultThreads(), arithmetic = availableArithmetic()): Machine {
  const { memory, module, exports } = instantiate(arithmetic);
  const storage = sharedStorage(memory);
  const twins: Partial<Record<KernelName, Kernel>> = twinKernels(storage.views);
  const names = Object.keys(exports).filter((name): name is KernelName => name in twins);
  const team = new Team(threads - 1, names, exports, { module, memory });
  return {
    description: `${instructions[arithmetic]}, ${threads} thread${threads === 1 ? '' : 's'}, float32`,
    storage,
    runner: {
      run(name, rows, chunk, operands) {
        requireInUse(storage);
        const number = names.indexOf(name);
        if (number >= 0) team.run(number, rows, chunk, operands);
        else {
          const twin = twins[name];
          for (let c = 0, from = 0; from < rows; c++, from += chunk)
            twin?.(c, from, Math.min(rows, from + chunk), ...operands);
        }
      },
    } satisfies Runner,
    workers: () => team.ready,
    async dispose() {
      if (storage.length === 0) return;
      storage.views.f = new Float32Array(0);
      storage.views.i = new Int32Array(0);
      await team.dispose();
      idle = new WeakRef(memory);
    },
  };
}

const instructions: Readonly<Record<Arithmetic, string>> = {
  fused: 'WebAssembly SIMD with fused multiply-add',
  portable: 'WebAssembly SIMD',
};

/** Throws EngineError when the memory was given away, which leaves no elements. */
function requireInUse({ length }: Storage): void {
  if (length > 0) return;
  throw new EngineError({
    field: 'engine',
    expected: 'an engine in use',
    found: 'one that was disposed of',
    remedy: 'Resolve another engine.',
  });
}

interface Instance {
  readonly memory: WasmMemory;
  readonly module: WasmModule;
  readonly exports: Record<string, Kernel>;
}

/**
 * The memory of an engine that was disposed of, for the next one to take as long as it is not collected. The collector does
 * not see how large such a memory is: a model that predicts again and again would hold many of them.
 */
let idle: WeakRef<WasmMemory> | undefined;

function instantiate(arithmetic: Arithmetic): Instance {
  const module = kernelModule(arithmetic);
  try {
    const memory = idle?.deref() ?? allocate();
    const exports = linkKernels(arithmetic, memory);
    idle = undefined;
    return { memory, module, exports };
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError({
      field: "engine 'embedded'",
      expected: 'shared memory of WebAssembly',
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: 'Give the process more address space, or use fewer engines at once.',
      cause,
    });
  }
}

function allocate(): WasmMemory {
  for (const maximum of limits)
    try {
      return new wasm.Memory({ initial: 32, maximum, shared: true });
    } catch (error) {
      if (maximum === limits[limits.length - 1]) throw error;
    }
  throw new RangeError('no shared memory');
}

function sharedStorage(memory: WasmMemory): Storage {
  const views: HeapViews = { f: new Float32Array(memory.buffer), i: new Int32Array(memory.buffer) };
  return {
    views,
    // The first page holds the kernels' constants.
    origin: page / 4,
    get length() {
      return views.f.length;
    },
    grow(elements) {
      requireInUse(this);
      const wanted = Math.ceil((elements * 4) / page);
      const now = memory.buffer.byteLength / page;
      try {
        memory.grow(wanted - now);
      } catch (cause) {
        throw new EngineError({
          field: 'memory',
          expected: `${Math.round((wanted * page) / 1e6)} MB for the step`,
          found: 'that the system gives no more',
          remedy: 'Use smaller batches.',
          cause,
        });
      }
      views.f = new Float32Array(memory.buffer);
      views.i = new Int32Array(memory.buffer);
    },
  };
}

/** Worker threads that take chunks as they come. Who does which chunk decides nothing: see chunkRows. */
class Team {
  readonly #kernels: Kernel[];
  readonly #workers: Worker[] = [];
  readonly #state: Int32Array;
  readonly #operands: Float64Array;
  #job = 0;

  constructor(workers: number, names: readonly KernelName[], exports: Record<string, Kernel>, data: object) {
    this.#kernels = names.map((name) => exports[name]);
    const shared = new SharedArrayBuffer(256 + 8 * 32);
    this.#state = new Int32Array(shared, 0, control.length);
    this.#operands = new Float64Array(shared, 256);
    for (let w = 0; w < workers; w++) {
      const worker = new Worker(workerSource, { eval: true, workerData: { ...data, shared, names } });
      // A worker that cannot start is one thread less, nothing worse.
      worker.on('error', () => undefined);
      worker.unref();
      this.#workers.push(worker);
    }
  }

  get ready(): number {
    return Atomics.load(this.#state, control.ready);
  }

  run(number: number, rows: number, chunk: number, operands: readonly number[]): void {
    const kernel = this.#kernels[number];
    const chunks = Math.ceil(rows / chunk);
    if (chunks === 1 || this.#workers.length === 0 || Atomics.load(this.#state, control.ready) === 0) {
      for (let c = 0; c < chunks; c++) kernel(c, c * chunk, Math.min(rows, (c + 1) * chunk), ...operands);
      return;
    }
    const state = this.#state;
    const job = (this.#job = (this.#job + 1) | 0);
    // First the chunks of the job before are closed: a worker that slept since then would read what follows half old and half new, and
    // could take a chunk by the number of chunks of this job.
    Atomics.store(state, control.ticket, (job << ticketBits) | closed);
    this.#operands.set(operands);
    state[control.kernel] = number;
    state[control.rows] = rows;
    state[control.chunk] = chunk;
    state[control.operands] = operands.length;
    Atomics.store(state, control.chunks, chunks);
    Atomics.store(state, control.remaining, chunks);
    Atomics.store(state, control.ticket, job << ticketBits);
    Atomics.store(state, control.job, job);
    if (Atomics.load(state, control.sleepers) > 0) Atomics.notify(state, control.job);
    for (;;) {
      const ticket = Atomics.load(state, control.ticket);
      const c = ticket - (job << ticketBits);
      if (c >= chunks) break;
      if (Atomics.compareExchange(state, control.ticket, ticket, ticket + 1) !== ticket) continue;
      kernel(c, c * chunk, Math.min(rows, (c + 1) * chunk), ...operands);
      Atomics.sub(state, control.remaining, 1);
    }
    for (let spin = 0; Atomics.load(state, control.remaining) > 0; spin++)
      if (spin > spins) Atomics.wait(state, control.remaining, Atomics.load(state, control.remaining) || chunks);
    if (Atomics.load(state, control.failed) > 0)
      throw new EngineError({
        field: 'worker thread',
        expected: 'a kernel to finish',
        found: 'an exception in it',
        remedy: 'This is a defect of the engine: please report it. One thread may still work: threads: 1.',
      });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }
}

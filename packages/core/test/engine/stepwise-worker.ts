import { control, spins } from '../../src/engine/embedded/worker-source.ts';

/** What a worker stands before. */
type Step = 'touches shared memory' | 'computes' | 'sleeps';

/** The atomic operations as they are, whatever takes their place for the main thread later. */
const { add, sub, load, store, notify, compareExchange } = Atomics;

/**
 * A worker thread that runs in this one, a step at a time, so that every order in which two threads can come to their shared memory
 * can be played. It runs the source text of the real one as a generator, which stops before each look at what is shared.
 */
export class StepwiseWorker {
  /** Those that were started and not ended. */
  static readonly running = new Set<StepwiseWorker>();
  readonly #thread: Generator<Step, void>;
  #before: IteratorResult<Step, void>;

  constructor(source: string, { workerData }: { readonly workerData: object }) {
    const stepwise = source
      .replace(`< ${spins}`, '< 1')
      .replace(`Atomics.wait(state, ${control.job}, job)`, "yield 'sleeps'")
      .replace(/\b(Atomics(?=\.)|state(?=\[)|operands(?=\.))/g, "(yield 'touches shared memory', $1)")
      .replace('kernel(c', "(yield 'computes', kernel)(c");
    const start = new Function('require', 'Atomics', `return (function* () {${stepwise}})();`) as (
      require: () => object,
      atomics: object,
    ) => Generator<Step, void>;
    this.#thread = start(() => ({ workerData }), { add, sub, load, store, notify, compareExchange });
    this.#before = this.#thread.next();
    this.untilAsleep();
    StepwiseWorker.running.add(this);
  }

  /** Does what it stands before. */
  step(): void {
    this.#before = this.#thread.next();
  }

  /** Until it has found no job. Asleep already, it is woken for a look. */
  untilAsleep(): void {
    do this.step();
    while (this.#before.value !== 'sleeps');
  }

  /** What it throws it throws in this thread. */
  on(): void {}
  unref(): void {}
  terminate(): Promise<number> {
    StepwiseWorker.running.delete(this);
    return Promise.resolve(0);
  }
}

const interrupted = ['load', 'store', 'sub', 'compareExchange', 'wait', 'notify'] as const;

/** An operation of the main thread on the control block. */
export interface Operation {
  readonly name: (typeof interrupted)[number];
  readonly state: Int32Array;
  readonly place: number;
}

/** Calls `before` ahead of every atomic operation of `work`. */
export function interrupting(before: (operation: Operation) => void, work: () => void): void {
  const originals = Object.getOwnPropertyDescriptors(Atomics);
  for (const name of interrupted) {
    const operate = Atomics[name] as (state: Int32Array, place: number, ...rest: readonly unknown[]) => unknown;
    const value = (state: Int32Array, place: number, ...rest: readonly unknown[]): unknown => {
      before({ name, state, place });
      return operate(state, place, ...rest);
    };
    Object.defineProperty(Atomics, name, { ...originals[name], value });
  }
  try {
    work();
  } finally {
    for (const name of interrupted) Object.defineProperty(Atomics, name, originals[name]);
  }
}

/** Places in the control block that the threads share. */
export const control = {
  /** Number of the job under way; workers sleep on it. */
  job: 0,
  /** Next chunk to take, below the job's number in the upper bits, so that nobody takes a chunk of another job. */
  ticket: 1,
  /** Chunks not yet finished; the main thread sleeps on it. */
  remaining: 2,
  kernel: 3,
  rows: 4,
  chunk: 5,
  chunks: 6,
  operands: 7,
  /** Workers that need waking. */
  sleepers: 8,
  /** Workers that are ready. */
  ready: 9,
  /** Chunks that ended in an exception. */
  failed: 10,
  length: 16,
} as const;

/** Bits of a ticket that number the chunk. */
export const ticketBits = 10;

/** The number of no chunk, above all of them: there is nothing to take. */
export const closed = (1 << ticketBits) - 1;

/** Looks at the job number so often before going to sleep: some tens of microseconds. */
export const spins = 4000;

/**
 * The worker, as source text: it needs nothing but the compiled module and the shared memories, so it runs alike from
 * dist, from sources under a test runner, and from a bundle, without a file to find.
 */
export const workerSource = `'use strict';
const { workerData } = require('node:worker_threads');
const { module, memory, shared, names } = workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const kernels = names.map((name) => exports[name]);
const state = new Int32Array(shared, 0, ${control.length});
const operands = new Float64Array(shared, 256);
Atomics.add(state, ${control.ready}, 1);
for (let job = 0; ; ) {
  for (let spin = 0; Atomics.load(state, ${control.job}) === job; ) {
    if (++spin < ${spins}) continue;
    Atomics.add(state, ${control.sleepers}, 1);
    Atomics.wait(state, ${control.job}, job);
    Atomics.sub(state, ${control.sleepers}, 1);
  }
  job = Atomics.load(state, ${control.job});
  const kernel = kernels[state[${control.kernel}]];
  const rows = state[${control.rows}];
  const chunk = state[${control.chunk}];
  const chunks = Atomics.load(state, ${control.chunks});
  const rest = Array.from(operands.subarray(0, state[${control.operands}]));
  for (;;) {
    const ticket = Atomics.load(state, ${control.ticket});
    const c = ticket & ${closed};
    if ((ticket >> ${ticketBits}) !== ((job << ${ticketBits}) >> ${ticketBits}) || c >= chunks) break;
    if (Atomics.compareExchange(state, ${control.ticket}, ticket, ticket + 1) !== ticket) continue;
    try {
      kernel(c, c * chunk, Math.min(rows, (c + 1) * chunk), ...rest);
    } catch {
      Atomics.add(state, ${control.failed}, 1);
    }
    if (Atomics.sub(state, ${control.remaining}, 1) === 1) Atomics.notify(state, ${control.remaining});
  }
}
`;

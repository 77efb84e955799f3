import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { control } from '../../src/engine/embedded/worker-source.ts';
import type { Machine } from '../../src/engine/embedded/engine.ts';
import { StepwiseWorker, interrupting, type Operation } from './stepwise-worker.ts';

// Workers of the embedded engine take chunks of a job by tickets. One that is slow may still be reading what the job before was, while
// the main thread writes down the next: it must take nothing then. Real threads fall into that gap once in thousands of steps; here
// one worker is played step by step, late by any number of steps, and let go on at any operation of the main thread.

jest.doMock('node:worker_threads', () => ({
  ...jest.requireActual<object>('node:worker_threads'),
  Worker: StepwiseWorker,
}));
const machines: Machine[] = [];
async function machineWithWorker(): Promise<{ readonly machine: Machine; readonly worker: StepwiseWorker }> {
  const { wasmMachine } = await import('../../src/engine/embedded/wasm-machine.ts');
  const machine = wasmMachine(2, 'portable');
  machines.push(machine);
  const [worker] = StepwiseWorker.running;
  return { machine, worker };
}
afterAll(async () => {
  for (const machine of machines) await machine.dispose();
});

/** A job that can be told from the others, and from itself done twice: y := y + b or y b, element by element. */
interface Job {
  readonly code: 0 | 2;
  readonly rows: number;
  readonly y: number;
  readonly b: number;
}
// The second has more chunks than the first, whose last ticket would fit it; the third has fewer.
const jobs: readonly Job[] = [
  { code: 0, rows: 2, y: 0, b: 16 },
  { code: 2, rows: 5, y: 32, b: 48 },
  { code: 0, rows: 3, y: 64, b: 80 },
];
const elements = 96;
const initial = Float32Array.from({ length: elements }, (_, i) => i + 1);
const result = initial.slice();
for (const { code, rows, y, b } of jobs)
  for (let r = 0; r < rows; r++)
    result[y + r] = code === 0 ? result[y + r] + result[b + r] : result[y + r] * result[b + r];

/** Runs the jobs, and lets a schedule have a say before every atomic operation of the main thread. */
function play(machine: Machine, before: (job: number, count: number, operation: Operation) => void): Float32Array {
  const { storage, runner } = machine;
  const at = storage.origin;
  const memory = storage.views.f.subarray(at, at + elements);
  memory.set(initial);
  jobs.forEach(({ code, rows, y, b }, job) => {
    let count = 0;
    interrupting(
      (operation) => {
        before(job, count++, operation);
      },
      () => {
        runner.run('binary', rows, 1, [code, at + y, at + b, at + y, 1, 1, 1]);
      },
    );
  });
  return Float32Array.from(memory);
}

describe('a worker that is late', () => {
  it('takes no chunk of the job before with the operands of the next, and none twice', async () => {
    const { machine, worker } = await machineWithWorker();
    expect(machine.workers()).toBe(1);
    let played = 0;
    let shared = 0;
    // Steps into the first job; the job and the operation of the main thread at which it goes on; and how far it comes there.
    for (let steps = 0; steps <= 20; steps++)
      for (const resumed of [1, 2])
        for (let operation = 0; operation <= 12; operation++)
          for (const further of [1, 2, 5, 9, Infinity]) {
            const done = play(machine, (job, count, { name, state, place }) => {
              // The main thread waits for a chunk that the worker took: only that makes it go on by itself.
              const awaited = name === 'load' && place === control.remaining && state[control.remaining] > 0;
              if (awaited) {
                shared++;
                worker.untilAsleep();
              } else if (job === 0 && name === 'load' && place === control.sleepers)
                for (let step = 0; step < steps; step++) worker.step();
              else if (job === resumed && count === operation) {
                if (further === Infinity) worker.untilAsleep();
                else for (let step = 0; step < further; step++) worker.step();
              }
            });
            const wrong = done.findIndex((value, i) => value !== result[i]);
            if (wrong >= 0)
              throw new Error(
                `${steps} steps into the first job, then ${further} at operation ${operation} of job ${resumed + 1}: ` +
                  `element ${wrong} is ${done[wrong]} instead of ${result[wrong]}`,
              );
            worker.untilAsleep();
            played++;
          }
    expect(played).toBe(21 * 2 * 13 * 5);
    // In many of them the worker did its part, so what was played were two threads at work.
    expect(shared).toBeGreaterThan(played / 10);
  });
});

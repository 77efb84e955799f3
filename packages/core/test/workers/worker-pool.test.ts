import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Random } from '../../src/random/random.ts';
import { WorkerPool } from '../../src/workers/worker-pool.ts';

/** Answers after some milliseconds, or ends as it is told. */
const script = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ answer, after = 0, end }) => {
    const busy = (ms) => { for (const until = performance.now() + ms; performance.now() < until; ); };
    setTimeout(() => {
      if (end === 'exit') process.exit(7);
      if (end === 'exit well') process.exit(0);
      if (end === 'throw') throw new TypeError('not caught');
      if (end === 'throw text') throw 'not caught';
      if (end === 'reject') void Promise.reject(new Error('not caught'));
      else if (end === 'memory') { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)); }
      else if (end === 'busy') { busy(after); parentPort.postMessage(answer); }
      else if (end !== 'never') parentPort.postMessage(answer);
    }, after);
  });
`;

let started: Worker[] = [];
const pools: WorkerPool<number>[] = [];
function pool(size: number): WorkerPool<number> {
  const made = new WorkerPool<number>(size, 'a test', () => {
    const worker = new Worker(script, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 24 } });
    started.push(worker);
    return worker;
  });
  pools.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(pools.splice(0).map((each) => each.close()));
  started = [];
});

describe('WorkerPool', () => {
  it('answers each request, with no more threads than it may have', async () => {
    const two = pool(2);
    const answers = Array.from({ length: 9 }, (_, answer) => two.run({ answer, after: answer % 3 }));
    expect(await Promise.all(answers)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(started).toHaveLength(2);
  });

  it.each([
    ['exit', 'that it exited with code 7'],
    ['exit well', 'that it exited with code 0'],
    ['throw', 'an error that nothing caught: TypeError: not caught'],
    ['throw text', 'an error that nothing caught: not caught'],
    ['reject', 'an error that nothing caught: Error: not caught'],
    ['memory', 'that it ran out of memory (of its JavaScript heap)'],
  ])('ends the request of a thread that ends by itself (%s), keeps the others, and goes on', async (end, found) => {
    const two = pool(2);
    const other = two.run({ answer: 1, after: 60 });
    await expect(two.run({ end })).rejects.toMatchObject({ code: 'worker', found });
    expect(await Promise.all([other, two.run({ answer: 2 }), two.run({ answer: 3 })])).toEqual([1, 2, 3]);
  });

  it('ends the request of a thread that somebody ends, or that never starts', async () => {
    const one = pool(1);
    const request = one.run({ end: 'never' });
    await sleep(30);
    await started[0].terminate();
    await expect(request).rejects.toMatchObject({ code: 'worker' });
    const broken = new WorkerPool<number>(
      1,
      'a test',
      () => new Worker('import nothing from "nowhere";', { eval: true }),
    );
    await expect(broken.run({})).rejects.toMatchObject({ code: 'worker' });
    const none = new WorkerPool<number>(1, 'a test', () => {
      throw new Error('no more threads');
    });
    await expect(none.run({})).rejects.toMatchObject({
      code: 'worker',
      found: expect.stringContaining('no more threads'),
    });
    await Promise.all([broken.close(), none.close()]);
  });

  it('refuses what no thread can be given, and goes on', async () => {
    const one = pool(1);
    await expect(one.run({ answer: () => 1 })).rejects.toMatchObject({ code: 'worker' });
    expect(await one.run({ answer: 2 })).toBe(2);
  });

  it('ends an aborted request wherever it is, and no other', async () => {
    const one = pool(1);
    const stop = new AbortController();
    const running = one.run({ end: 'busy', after: 60_000 }, [], stop.signal);
    const waiting = one.run({ answer: 2 }, [], stop.signal);
    const kept = one.run({ answer: 3 });
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'aborted', field: 'a test' });
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    await expect(one.run({}, [], stop.signal)).rejects.toMatchObject({ code: 'aborted' });
    expect(await kept).toBe(3);
  });

  it('ends thousands of requests of one signal without a thread for each, and without a listener for each', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    try {
      const two = pool(2);
      const controller = new AbortController();
      const kept = two.run({ answer: 1 });
      const requests = Array.from({ length: 3000 }, () => two.run({ end: 'never' }, [], controller.signal));
      const settled = Promise.allSettled(requests);
      controller.abort();
      for (const outcome of await settled)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'AbortedError' } });
      expect(await kept).toBe(1);
      expect(await two.run({ answer: 4 })).toBe(4);
      // The two at work, and at most one in the place of each that was ended.
      expect(started.length).toBeLessThanOrEqual(4);
      await sleep(1);
      expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
    } finally {
      process.off('warning', listen);
    }
  });

  it('aborts at its end what is not done', async () => {
    const one = pool(1);
    const requests = Promise.allSettled([one.run({ end: 'never' }), one.run({ answer: 1 })]);
    await one.close();
    const aborted = { status: 'rejected', reason: expect.objectContaining({ code: 'aborted' }) };
    expect(await requests).toEqual([aborted, aborted]);
  });

  it('leaves no request open, at whatever instants its threads are killed', async () => {
    const random = new Random(7);
    const three = pool(3);
    let [killed, going] = [0, true];
    const kill = async (): Promise<void> => {
      for (; going && killed < 20; killed++) {
        await sleep(15 * random.uniform());
        await started[Math.floor(random.uniform() * started.length)]?.terminate();
      }
    };
    const requests = Array.from({ length: 60 }, async (_, answer) => {
      for (let attempt = 0; ; attempt++)
        try {
          return await three.run({
            answer,
            after: 8 * random.uniform(),
            ...(answer % 9 === attempt ? { end: 'exit' } : {}),
          });
        } catch (error) {
          expect(error).toMatchObject({ code: 'worker' });
        }
    });
    const killing = kill();
    // Every request ends: with its answer, after as many attempts as it takes.
    expect(await Promise.all(requests)).toEqual(requests.map((_, answer) => answer));
    going = false;
    await killing;
    expect(killed).toBeGreaterThan(0);
  });
});

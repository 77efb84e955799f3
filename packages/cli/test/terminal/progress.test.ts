import { describe, expect, it } from '@jest/globals';
import type { Progress } from '@ml4t/core';
import type { TaskEvent } from '../../src/experiment/events.ts';
import { ProgressDisplay } from '../../src/terminal/progress.ts';

function recorded(options: { isTTY: boolean; enabled?: boolean }) {
  const written: string[] = [];
  let clock = 0;
  const display = new ProgressDisplay(
    { write: (text) => written.push(text), isTTY: options.isTTY, columns: 60 },
    { enabled: options.enabled ?? true, now: () => clock },
  );
  const task = (at: number, state: TaskEvent['state'], progress?: Progress): void =>
    display.hear({ kind: 'task', key: String(at), state, attempt: 1, progress });
  const events = {
    clear: () => display.clear(),
    note: (text: string) => display.hear({ kind: 'note', text }),
    start: (tasks: readonly { readonly label: string; readonly group: string }[], concurrency: number) =>
      display.hear({ kind: 'plan', tasks: tasks.map((each, key) => ({ ...each, key: String(key) })), concurrency }),
    begin: (at: number) => task(at, 'running'),
    update: (at: number, progress: Progress) => task(at, 'running', progress),
    finish: (at: number) => task(at, 'done'),
  };
  return { written, display: events, at: (seconds: number) => void (clock = 1000 * seconds) };
}

const epoch = (step: number, total?: number): Progress => ({
  phase: 'training',
  unit: 'epoch',
  step,
  total: total ?? 9,
  ...(total === undefined ? {} : { fraction: step / total }),
});
const four = ['a fold 1', 'a fold 2', 'b fold 1', 'b fold 2'].map((label) => ({ label, group: label[0] }));

describe('ProgressDisplay', () => {
  it('says nothing about a job that takes under two seconds', () => {
    const { written, display, at } = recorded({ isTTY: false });
    display.note('reading');
    at(1.999);
    display.note('preprocessing');
    display.clear();
    expect(written).toEqual([]);
  });

  it('writes plain lines to a log, ten seconds apart', () => {
    const { written, display, at } = recorded({ isTTY: false });
    display.start(four, 1);
    display.begin(0);
    at(3);
    display.update(0, epoch(4));
    at(8);
    display.finish(0);
    at(9);
    display.begin(1);
    at(14);
    display.update(1, epoch(1));
    // One task took 8 s; three are left, 5 s of one are spent.
    expect(written).toEqual([
      '0 of 4 tasks done, 0:03 so far; a fold 1: epoch 4 of 9\n',
      '1 of 4 tasks done, 0:19 left; a fold 2: epoch 1 of 9\n',
    ]);
  });

  it('expects of a model what its own folds took, and divides by the tasks done at a time', () => {
    const { written, display, at } = recorded({ isTTY: false });
    display.start(four, 2);
    display.begin(0);
    display.begin(2);
    at(10);
    display.finish(0);
    at(20.5);
    display.begin(1);
    display.finish(2);
    at(31);
    display.begin(3);
    // a took 10 s, b 20.5 s: a's second fold is overdue, b's has all of its 20.5 s before it.
    expect(written.at(-1)).toBe('2 of 4 tasks done, 0:21 left; a fold 2 · b fold 2\n');
  });

  it('expects of a task that it goes on at its own pace, before any has finished, and of others of its model the same', () => {
    const { written, display, at } = recorded({ isTTY: false });
    display.start(four, 1);
    display.begin(0);
    at(10);
    display.update(0, epoch(2, 10));
    // What came before the first event says nothing of the pace.
    expect(written).toEqual(['0 of 4 tasks done, 0:10 so far; a fold 1: epoch 2 of 10\n']);
    at(25);
    display.update(0, epoch(5, 10));
    // 25 s of this one, 50 s of its model's other, and as much of each of a model that nothing is known of.
    expect(written.at(-1)).toBe('0 of 4 tasks done, 2:55 left; a fold 1: epoch 5 of 10\n');
  });

  it('rewrites one line with a bar on a terminal, cut to its width, and clears it at the end', () => {
    const { written, display, at } = recorded({ isTTY: true });
    display.start(four, 1);
    display.begin(0);
    at(4);
    display.finish(0);
    at(5);
    display.begin(1);
    display.clear();
    expect(written[0]).toBe('\r\u001b[2K█████░░░░░░░░░░░░░░░  1/4  0:12 left  ');
    expect(written[1]).toBe('\r\u001b[2K█████░░░░░░░░░░░░░░░  1/4  0:12 left  a fold 2');
    expect(written[2]).toBe('\r\u001b[2K');
    expect(Math.max(...written.map((line) => line.length))).toBeLessThan(66);
  });

  it('fills the bar by what running tasks say of themselves', () => {
    const { written, display, at } = recorded({ isTTY: true });
    display.start(four, 2);
    display.begin(0);
    at(1);
    display.update(0, epoch(4, 10));
    at(3);
    display.update(0, epoch(8, 10));
    expect(written.at(-1)).toBe('\r\u001b[2K████░░░░░░░░░░░░░░░░  0/4  0:07 left  a fold 1: epoch 8 of…');
  });

  it('can be silenced', () => {
    const { written, display, at } = recorded({ isTTY: true, enabled: false });
    at(5);
    display.note('reading');
    expect(written).toEqual([]);
  });
});

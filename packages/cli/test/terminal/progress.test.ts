import { describe, expect, it } from '@jest/globals';
import { ProgressDisplay } from '../../src/terminal/progress.ts';

function recorded(options: { isTTY: boolean; enabled?: boolean }) {
  const written: string[] = [];
  let clock = 0;
  const display = new ProgressDisplay(
    { write: (text) => written.push(text), isTTY: options.isTTY, columns: 60 },
    { enabled: options.enabled ?? true, now: () => clock },
  );
  return { written, display, at: (seconds: number) => void (clock = 1000 * seconds) };
}

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
    display.update(0, 'epoch 4 of 9');
    at(8);
    display.finish(0);
    at(9);
    display.begin(1);
    at(14);
    display.update(1, 'epoch 1 of 9');
    // One task took 8 s; three are left, 5 s of one are spent.
    expect(written).toEqual([
      '0 of 4 tasks done, 0:03; a fold 1: epoch 4 of 9\n',
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
    // a took 10 s, b 20.5 s: a's second fold is overdue, b's has all of its 20.5 s before it; two at a time.
    expect(written.at(-1)).toBe('2 of 4 tasks done, 0:11 left; a fold 2 · b fold 2\n');
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

  it('can be silenced', () => {
    const { written, display, at } = recorded({ isTTY: true, enabled: false });
    at(5);
    display.note('reading');
    expect(written).toEqual([]);
  });
});

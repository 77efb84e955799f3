import { describe, expect, it } from '@jest/globals';
import { ProgressLine, Warnings } from '../../src/terminal/terminal.ts';

function recorded(options: { isTTY: boolean; enabled?: boolean }): {
  written: string[];
  at: (ms: number, text: string) => void;
  line: ProgressLine;
} {
  const written: string[] = [];
  let clock = 0;
  const line = new ProgressLine(
    { write: (text) => written.push(text), isTTY: options.isTTY, columns: 40 },
    { enabled: options.enabled ?? true, now: () => clock },
  );
  const at = (ms: number, text: string): void => {
    clock = ms;
    line.show(text);
  };
  return { written, at, line };
}

describe('ProgressLine', () => {
  it('says nothing about a job that takes under two seconds', () => {
    const { written, at, line } = recorded({ isTTY: false });
    at(0, 'a');
    at(1999, 'b');
    line.clear();
    expect(written).toEqual([]);
  });

  it('writes a line every two seconds to a log, without control characters', () => {
    const { written, at, line } = recorded({ isTTY: false });
    at(2000, 'fold 1 of 5');
    at(2500, 'fold 2 of 5');
    at(4100, 'fold 3 of 5');
    line.clear();
    expect(written).toEqual(['fold 1 of 5 (2 s)\n', 'fold 3 of 5 (4 s)\n']);
  });

  it('rewrites one line on a terminal, cut to its width, and clears it at the end', () => {
    const { written, at, line } = recorded({ isTTY: true });
    at(2000, 'fold 1 of 5');
    at(2200, `fold 2 of 5 ${'x'.repeat(60)}`);
    line.clear();
    expect(written[0]).toBe('\r\u001b[2Kfold 1 of 5 (2 s)');
    expect(written[1].replace('\r\u001b[2K', '')).toHaveLength(39);
    expect(written[2]).toBe('\r\u001b[2K');
  });

  it('can be silenced', () => {
    const { written, at } = recorded({ isTTY: true, enabled: false });
    at(5000, 'a');
    expect(written).toEqual([]);
  });
});

describe('Warnings', () => {
  it('prints each warning once and keeps them in order', () => {
    const printed: string[] = [];
    const warnings = new Warnings((message) => printed.push(message));
    ['a', 'b', 'a'].forEach((message) => warnings.add(message));
    expect(printed).toEqual(['a', 'b']);
    expect(warnings.messages).toEqual(['a', 'b']);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { join } from 'node:path';
import { clearLine, onOneLine, printable, printableTerminal } from '../../src/terminal/printable.ts';
import { inFolder, ml4t, writeExperiment } from '../cli-fixtures.ts';

/** Whatever a terminal may take for something else than text. */
const moves = /[^\P{C}\n\t]/u;
const hostile = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\rback';

describe('printable', () => {
  it('leaves no control character but tabs and line breaks, and all other text as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(onOneLine(text)).not.toContain('\n');
      }),
    );
    for (const text of ['Müller\tα → β\n', '日本', '😀']) expect(printable(text)).toBe(text);
    expect(printable(hostile)).toBe('\\u001b[2J\\u001b]0;owned\\u0007\\u009b31m\\u202e\\u000dback');
  });

  it('keeps JSON what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(printable(JSON.stringify({ [text]: text })))).toEqual({ [text]: text });
      }),
    );
  });

  it('lets the progress line clear the one before, and nothing else', () => {
    const written: string[] = [];
    const sink = { write: (text: string) => written.push(text) };
    const { stderr } = printableTerminal({ stdout: sink, stderr: sink });
    stderr.write(`${clearLine}fold 1 ${hostile}`);
    expect(written).toEqual([`${clearLine}fold 1 ${printable(hostile)}`]);
  });
});

describe('what the command prints', () => {
  it('is free of control sequences, whatever the names in an experiment are', async () => {
    await inFolder(async (folder) => {
      const name = JSON.stringify(`${hostile}\nml4t: warning: not from here`);
      const text = (yaml: string): string =>
        `title: ${name}\n${yaml.replace('- type: ipca', `- type: ipca\n    name: ${name}`)}`;
      const path = await writeExperiment(folder, { text });
      const failing = await writeExperiment(folder, {
        text: (yaml) => text(yaml).replace('nFactors: 1', 'nFactors: 9'),
      });
      const outcomes = [await ml4t(['run', failing]), await ml4t(['run', `${path}${hostile}`])];
      await writeExperiment(folder, { text });
      for (const args of [
        ['run', path],
        ['run', path, '--json'],
        ['inspect', join(folder, 'results')],
      ])
        outcomes.push(await ml4t(args));
      for (const { stdout, stderr } of outcomes) {
        expect(stdout + stderr).not.toMatch(moves);
        expect(stdout + stderr).toContain('owned');
        expect(stdout + stderr).not.toMatch(/^ml4t: warning: not from here/m);
      }
    });
  });
});

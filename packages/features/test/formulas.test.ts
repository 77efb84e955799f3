import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, Ml4tError } from '@ml4t/core';
import {
  compileFormula,
  compileFormulas,
  deriveFeatures,
  deriveTarget,
  featureSets,
  formulaFunctions,
  formulasOf,
} from '../src/index.ts';
import { randomPanel } from './random-panel.ts';

const scope = { columns: ['close', 'volume', 'market_cap'], groups: ['sector'] };
const refusal = async (text: string, isTarget = false): Promise<string> => {
  const error: unknown = await compileFormula(text, { ...scope, isTarget }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as Error).message;
};

describe('compileFormula', () => {
  it('says what a formula reads and how much history it needs', async () => {
    const { columns, groups, warmUp, horizon } = await compileFormula(
      'demean(mean(returns(close, 5), 20), sector) + lag(volume, 12m)',
      scope,
    );
    expect(columns).toEqual(['close', 'volume']);
    expect(groups).toEqual(['sector']);
    expect(warmUp).toEqual({ rows: 24, days: 372, isUnbounded: false });
    expect(horizon).toBe(0);
    expect((await compileFormula('ewm(close, 10)', scope)).warmUp.isUnbounded).toBe(true);
  });

  it.each([
    ['lag(clsoe, 21) / close', /"clsoe" at character 5 .*Did you mean close\?/],
    ['lagg(close, 21)', /"lagg" at character 1 .*Did you mean lag\?/],
    ['close + market_cpa', /at character 9 .*Did you mean market_cap\?/],
    ['close +', /at character 8/],
    ['mean(close)', /expected mean\(series, window\), found 1 argument at character 1/],
    ['mean(close, -5)', /a window for mean: rows \(1 to/],
    ['mean(close, 2.5)', /a window/],
    ['mean(close, volume)', /a window/],
    ['std(close, 1)', /rows \(2 to/],
    ['lag(close, 0)', /never negative/],
    ['quantile(close, 10, 3)', /a number from 0 to 1/],
    ['close[+21] / close - 1', /Only a target may read ahead/],
    ['sector', /by which assets are grouped/],
    ['mean', /the function mean without any/],
    ['close = 3', /an assignment at character 7/],
    ['f(x) = x', /an assignment/],
    ['2 close', /without an operator/],
    ['close!', /!/],
    ['close % 3', /"%"/],
    ['"text"', /character "\\""|a text/],
    ['close.constructor', /access to a part|array|expected/],
    ['[1, 2]', /array/],
    ['close < volume < 3', /relational/],
    ['import("x")', /character/],
    ['evaluate(close)', /function: /],
    ['cl\u043Ese', /U\+043E/],
    ['', /an empty text/],
    [`${'('.repeat(100)}close${')'.repeat(100)}`, /brackets within each other/],
    ['-'.repeat(50) + 'close', /signs in a row/],
    ['1 + '.repeat(600) + '1', /at most 2000 characters/],
    ['1e999', /value|null/],
  ])('refuses %j and points at what is wrong', async (text, says) => {
    expect(await refusal(text)).toMatch(says);
  });

  it('lets later formulas use earlier ones', async () => {
    const panel = randomPanel(1);
    const found = await deriveFeatures(panel, {
      r: 'returns(close, 1)',
      v: 'std(r, 10)',
      whole: 'std(returns(close, 1), 10)',
    });
    expect(Buffer.from(found.v.buffer).equals(Buffer.from(found.whole.buffer))).toBe(true);
    await expect(compileFormulas({ v: 'std(r, 10)', r: 'returns(close, 1)' }, scope)).rejects.toThrow(/"r"/);
  });

  it('reads ahead in a target alone, and says how far', async () => {
    const panel = randomPanel(2, { missing: 0, nAssets: 1 });
    const { values, horizon } = await deriveTarget(panel, 'close[+21] / close - 1');
    const { close } = panel.columns;
    expect(horizon).toBe(21);
    values.forEach((value, t) => expect(value).toBe(t + 21 < 80 ? close[t + 21] / close[t] - 1 : Number.NaN));
    expect((await compileFormula('close[+2] - lag(close[+3], 1)', { ...scope, isTarget: true })).horizon).toBe(3);
    await expect(deriveTarget(panel, 'close - 1')).rejects.toThrow(/something later/);
    expect(await refusal('close[1]', true)).toMatch(/part of a value/);
    expect(await refusal('close[+0]', true)).toMatch(/part of a value/);
    expect(await refusal('close[-3]', true)).toMatch(/part of a value/);
  });
});

describe('hostile texts', () => {
  it('reach nothing but a named error: five thousand of them', async () => {
    const words = [
      'close',
      'volume',
      'sector',
      'constructor',
      '__proto__',
      'prototype',
      'toString',
      'hasOwnProperty',
      'process',
      'require',
      'import',
      'eval',
      'evaluate',
      'parse',
      'simplify',
      'createUnit',
      'Function',
      'this',
      'globalThis',
      'null',
      'true',
      'Infinity',
      'NaN',
      'i',
      'pi',
      'e',
      'kg',
      'm',
      'd',
      'to',
      'in',
      'mod',
      'xor',
      'and',
      'or',
      'not',
      'if',
      'function',
      'return',
      'end',
      ...Object.keys(formulaFunctions),
    ];
    const marks = [
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      ',',
      ';',
      ':',
      '.',
      '..',
      '=',
      '==',
      '<',
      '>',
      '!',
      '?',
      '+',
      '-',
      '*',
      '/',
      '^',
      '%',
      '&',
      '|',
      '~',
      "'",
      '"',
      '`',
      '\\',
      '\n',
      '#',
      '$',
      '@',
      '.*',
      './',
      '.^',
      '=>',
    ];
    const numbers = [
      '0',
      '1',
      '-1',
      '21',
      '1e308',
      '1e999',
      '0x1F',
      '0b11',
      '1i',
      '99999999999',
      '.5',
      '5.',
      '12m',
      '30d',
      '3 m',
    ];
    const odd = ['\u0430', '\u200b', '\u202e', '\uff08', '\u2212', '\ud83d\ude00', '\u0000', '\u00d7'];
    const token = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...words) },
      { weight: 5, arbitrary: fc.constantFrom(...marks) },
      { weight: 3, arbitrary: fc.constantFrom(...numbers) },
      { weight: 1, arbitrary: fc.constantFrom(...odd) },
      { weight: 1, arbitrary: fc.string() },
    );
    const text = fc.array(token, { minLength: 1, maxLength: 25 }).map((parts) => parts.join(''));
    const before = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
    const panel = randomPanel(1, { nDates: 12, nAssets: 2 });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(text, async (formula) => {
        try {
          const { value } = await deriveFeatures(panel, { value: formula });
          accepted++;
          // What is accepted is a column of numbers, or of none.
          expect(value).toBeInstanceOf(Float64Array);
          expect(value.every((each) => Number.isFinite(each) || Number.isNaN(each))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Ml4tError);
        }
      }),
      { numRuns: 5000, seed: 20261201 },
    );
    expect(accepted).toBeGreaterThan(20);
    expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(before);
  });
});

describe('named sets', () => {
  it('have the sizes that they are named for', () => {
    expect(Object.keys(featureSets['bars-158'].formulas)).toHaveLength(158);
    expect(Object.keys(featureSets['gu-kelly-xiu'].formulas)).toHaveLength(20);
  });

  it.each(Object.keys(featureSets))(
    '%s compiles with the columns it says, uses all of them, and gives values',
    async (name) => {
      const set = featureSets[name];
      const compiled = await compileFormulas(formulasOf(set), { columns: set.columns, groups: set.groups ?? [] });
      expect([...new Set(compiled.flatMap(({ columns }) => columns))].sort()).toEqual([...set.columns].sort());
      expect(set.source.length).toBeGreaterThan(20);
      const { index, columns } = randomPanel(4, { nDates: 1400, nAssets: 3, missing: 0, move: 1e-3 });
      const { close } = columns;
      const bars = Object.fromEntries(
        set.columns.map((column, j) => [
          column,
          column === 'volume'
            ? Array.from(columns.volume, (v) => v + 1)
            : column === 'market'
              ? Array.from(columns.volume, (v) => (v - 4.5) / 500)
              : Array.from(close, (v, i) => v * (1 + ((i * (j + 3)) % 7) / 1000)),
        ]),
      );
      const groups = Object.fromEntries((set.groups ?? []).map((group) => [group, Array.from(close, () => 'one')]));
      const found = await deriveFeatures({ index, columns: bars, groups }, compiled);
      for (const [feature, values] of Object.entries(found))
        if (!values.some(Number.isFinite)) throw new Error(`${feature} has no value`);
    },
  );
});

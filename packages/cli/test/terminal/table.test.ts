import { describe, expect, it } from '@jest/globals';
import { fixed, formatTable, percent } from '../../src/terminal/table.ts';

describe('formatTable', () => {
  it('aligns names to the left and figures to the right', () => {
    const table = formatTable(
      ['model', 'K', 'total R2 %'],
      [
        ['pca', '3', '4.00'],
        ['ipca(nFactors=3)', '10', '-'],
      ],
    );
    expect(table.split('\n')).toEqual([
      'model              K  total R2 %',
      '----------------  --  ----------',
      'pca                3        4.00',
      'ipca(nFactors=3)  10           -',
    ]);
  });
});

describe('figures', () => {
  it('shows fractions as percent and a dash for what is not known', () => {
    expect([percent(0.40256), percent(-0.001), percent(Number.NaN), percent(undefined)]).toEqual([
      '40.26',
      '-0.10',
      '-',
      '-',
    ]);
    expect([fixed(1.23456, 3), fixed(undefined, 2), fixed(-1e-9, 4)]).toEqual(['1.235', '-', '0.0000']);
  });
});

import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { runExample } from '@ml4t/example-testing';

const folder = join(__dirname, '..');

it('finds a portfolio that earns something out of sample, and no more than the true one', () => {
  const rows = runExample(folder);
  const sharpe = (portfolio: string): number => Number(rows.get(portfolio)?.[0]);
  expect(sharpe('test dates')).toBeGreaterThan(0.3);
  expect(sharpe('test dates')).toBeLessThan(sharpe('test dates, true loadings') + 0.1);
  expect(sharpe('test dates, true loadings')).toBeGreaterThan(0.7);
});

import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { runExample } from '@ml4t/example-testing';

const folder = join(__dirname, '..');

it('predicts what a line cannot', () => {
  const rows = runExample(folder);
  const rankIC = (prediction: string): number => Number(rows.get(prediction)?.[0]);
  expect(rankIC('line')).toBeGreaterThan(0.1);
  expect(rankIC('autoencoder')).toBeGreaterThan(1.2 * rankIC('line'));
  expect(rankIC('the truth')).toBeGreaterThan(rankIC('autoencoder'));
});

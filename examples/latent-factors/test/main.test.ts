import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { runExample } from '@ml4t/example-testing';

const folder = join(__dirname, '..');

it('finds the planted factors out of sample, and never more than there is', () => {
  const rows = runExample(folder);
  const scores = (model: string): number[] => (rows.get(model) ?? []).map(Number);
  const [totalR2, predictiveR2, rankIC] = scores('the truth');
  expect(scores('IPCA, 3 factors')[0]).toBeGreaterThan(scores('IPCA, 1 factor')[0]);
  // The design is linear in the characteristics: IPCA comes close to the truth.
  expect(scores('IPCA, 3 factors')[0]).toBeGreaterThan(0.9 * totalR2);
  expect(scores('autoencoder')[0]).toBeGreaterThan(0.8 * totalR2);
  for (const model of ['IPCA, 1 factor', 'IPCA, 3 factors', 'autoencoder']) {
    expect(scores(model)[0]).toBeLessThan(totalR2 + 0.05);
    expect(scores(model)[1]).toBeLessThan(predictiveR2 + 0.02);
  }
  expect(scores('IPCA, 3 factors')[2]).toBeGreaterThan(0.5 * rankIC);
});

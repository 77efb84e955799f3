import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { runExample } from '@ml4t/example-testing';

const folder = join(__dirname, '..');

it('earns more than equal weights after costs, and keeps to its limits', () => {
  const rows = runExample(folder);
  const [gross, net] = (rows.get('trained') ?? []).map(Number);
  expect(net).toBeLessThan(gross);
  expect(net).toBeGreaterThan(Number(rows.get('equal weights')?.[1]));
  expect(Number(rows.get('trained, within limits')?.[2])).toBeLessThanOrEqual(0.4);
  expect(Number(rows.get('equal weights')?.[2])).toBeLessThanOrEqual(0.125);
});

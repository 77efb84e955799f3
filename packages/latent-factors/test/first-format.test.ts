import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CrossSectionBatch } from '@ml4t/core';
import { expect, it } from '@jest/globals';
import { CAEModel, EWMABaseFactorForecaster, EWMAFactorForecaster } from '../src/index.ts';

interface Record {
  readonly inputs: Parameters<typeof CrossSectionBatch.fromArrays>[0];
  readonly outputs: {
    readonly defaultCheckpoint: string;
    readonly checkpoints: Readonly<{
      [checkpoint: string]: { readonly betas: readonly number[]; readonly factorReturns: readonly number[] };
    }>;
  };
}

it('reads an artifact of the first format, and extracts what its model did', async () => {
  const folder = join(__dirname, 'first-format');
  const { inputs, outputs } = JSON.parse(readFileSync(join(folder, 'cae-managed.json'), 'utf8')) as Record;
  const model = await CAEModel.load(join(folder, 'cae-managed.ml4t'));
  const batch = CrossSectionBatch.fromArrays(inputs);
  expect(model.defaultCheckpoint).toBe(outputs.defaultCheckpoint);
  expect(model.checkpoints).toEqual(Object.keys(outputs.checkpoints));
  for (const [checkpoint, expected] of Object.entries(outputs.checkpoints)) {
    const { betas, factorReturns } = await model.extract(batch, { checkpoint });
    expected.betas.forEach((value, i) => expect(betas[i]).toBeCloseTo(value, 5));
    expected.factorReturns.forEach((value, i) => expect(factorReturns[i]).toBeCloseTo(value, 5));
  }
});

it('has the forecaster under the name of the Python package as well', () => {
  expect(EWMABaseFactorForecaster).toBe(EWMAFactorForecaster);
});

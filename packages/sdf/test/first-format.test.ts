import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CrossSectionBatch } from '@ml4t/core';
import { expect, it } from '@jest/globals';
import { ownLabel } from '../src/sdf/checkpoints.ts';
import { StochasticDiscountFactorBetaNetworkHead, StochasticDiscountFactorModel } from '../src/index.ts';

interface Record<Outputs> {
  readonly inputs: Parameters<typeof CrossSectionBatch.fromArrays>[0];
  readonly outputs: {
    readonly defaultCheckpoint: string;
    readonly checkpoints: Readonly<{ [checkpoint: string]: Outputs }>;
  };
}

const pathOf = (name: string): string => join(__dirname, 'first-format', name);
const recordOf = <Outputs>(name: string): Record<Outputs> =>
  JSON.parse(readFileSync(pathOf(`${name}.json`), 'utf8')) as Record<Outputs>;

it('reads an artifact of the first format, and extracts what its model did, by labels as they were too', async () => {
  const { inputs, outputs } = recordOf<{ weights: readonly number[]; sdfValues: readonly number[] }>('sdf-two');
  const model = await StochasticDiscountFactorModel.load(pathOf('sdf-two.ml4t'));
  const batch = CrossSectionBatch.fromArrays(inputs);
  expect(model.defaultCheckpoint).toBe(ownLabel(outputs.defaultCheckpoint));
  expect(model.checkpoints).toEqual(Object.keys(outputs.checkpoints).map(ownLabel));
  for (const [checkpoint, expected] of Object.entries(outputs.checkpoints)) {
    const { weights, sdfValues } = await model.extract(batch, { checkpoint });
    expected.weights.forEach((value, i) => expect(weights[i]).toBeCloseTo(value, 6));
    expected.sdfValues.forEach((value, i) => expect(sdfValues[i]).toBeCloseTo(value, 6));
  }
});

it('reads a beta head of the first format', async () => {
  const { inputs, outputs } = recordOf<readonly number[]>('sdf-beta-head');
  const head = await StochasticDiscountFactorBetaNetworkHead.load(pathOf('sdf-beta-head.ml4t'));
  const batch = CrossSectionBatch.fromArrays(inputs);
  expect(head.checkpoints).toEqual(Object.keys(outputs.checkpoints).map(ownLabel));
  for (const [checkpoint, expected] of Object.entries(outputs.checkpoints)) {
    const { signals } = await head.predict(batch, { checkpoint });
    expected.forEach((value, i) => expect(signals[i] / value).toBeCloseTo(1, 4));
  }
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CrossSectionBatch } from '@ml4t/core';
import { expect, it } from '@jest/globals';
import { SAEModel } from '../src/index.ts';

interface Record {
  readonly inputs: Parameters<typeof CrossSectionBatch.fromArrays>[0];
  readonly outputs: {
    readonly defaultCheckpoint: string;
    readonly checkpoints: Readonly<{ [checkpoint: string]: readonly number[] }>;
  };
}

it('reads an artifact of the first format, and predicts what its model did', async () => {
  const folder = join(__dirname, 'first-format');
  const { inputs, outputs } = JSON.parse(readFileSync(join(folder, 'sae-binary.json'), 'utf8')) as Record;
  const model = await SAEModel.load(join(folder, 'sae-binary.ml4t'));
  const batch = CrossSectionBatch.fromArrays(inputs);
  expect(model.fitSummary.defaultCheckpoint).toBe(outputs.defaultCheckpoint);
  expect(model.fitSummary.checkpoints).toEqual(Object.keys(outputs.checkpoints));
  for (const [checkpoint, expected] of Object.entries(outputs.checkpoints)) {
    const { signals } = await model.predict(batch, { checkpoint });
    expected.forEach((value, i) => expect(signals[i]).toBeCloseTo(value, 6));
  }
});

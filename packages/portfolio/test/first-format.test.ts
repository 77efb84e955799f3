import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PortfolioSequenceBatch, type PortfolioSequenceInit } from '@ml4t/core';
import { expect, it } from '@jest/globals';
import { DeepPortfolioModel, LinearFeaturePortfolioModel, LSTMPortfolioModel } from '../src/index.ts';

interface Record {
  readonly inputs: PortfolioSequenceInit;
  readonly outputs: {
    readonly defaultCheckpoint: string;
    readonly checkpoints: Readonly<{ [checkpoint: string]: readonly number[] }>;
  };
}

it.each([
  ['lstm-patience', LSTMPortfolioModel],
  ['deep', DeepPortfolioModel],
  ['linear', LinearFeaturePortfolioModel],
])('reads an artifact of the first format, and predicts what its model did: %s', async (name, { load }) => {
  const path = join(__dirname, 'first-format', name);
  const { inputs, outputs } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Record;
  const model = await load(`${path}.ml4t`);
  const batch = new PortfolioSequenceBatch(inputs);
  expect(model.fitSummary.defaultCheckpoint).toBe(outputs.defaultCheckpoint);
  expect(model.fitSummary.checkpoints).toEqual(Object.keys(outputs.checkpoints));
  for (const [checkpoint, expected] of Object.entries(outputs.checkpoints)) {
    const { weights } = await model.predict(batch, { checkpoint });
    expected.forEach((value, i) => expect(weights[i]).toBeCloseTo(value, 6));
  }
});

import { expect, it } from '@jest/globals';
import { expandingSplits } from '@ml4t/core';
import { availableArithmetic } from '@ml4t/core/engine';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { experimentSchema } from '../../src/experiment/schema.ts';
import { experimentTasks } from '../../src/experiment/task-list.ts';
import { withKey } from '../../src/experiment/task.ts';

const { batch } = simulateConditionalFactorPanel({ nAssets: 5, nDates: 12, nCharacteristics: 3 });
const splits = expandingSplits(12, { initialTrain: 8, testSize: 4 });

function tasks(source: string) {
  const experiment = experimentSchema.parse({
    data: { source, returns: { column: 'returns', lag: 0 } },
    models: [{ type: 'cae', config: { nEnsemble: 2 } }],
    split: { initialTrain: 8, testSize: 4 },
    outputs: { directory: 'results' },
  });
  const model = { type: 'cae', config: { nEnsemble: 2 } };
  const run = { label: 'cae', entry: 0, model, forecaster: undefined };
  const prepared = {
    run,
    batchKind: 'cross-section',
    packageName: '@ml4t/latent-factors',
    ensembleSize: 2,
  } as const;
  return experimentTasks(experiment, [prepared], batch, splits)[0].tasks;
}

it('gives a task another key where the arithmetic is another, and the same one wherever the data lie', () => {
  const here = tasks('panel.parquet');
  expect(here.map(({ kind }) => kind)).toEqual(['member', 'member', 'folds']);
  expect(tasks('elsewhere.parquet').map(({ key }) => key)).toEqual(here.map(({ key }) => key));
  for (const { key, ...task } of here) {
    expect(task.versions.arithmetic).toBe(availableArithmetic());
    expect(withKey({ ...task, versions: { ...task.versions, arithmetic: 'other' } }).key).not.toBe(key);
    expect(withKey(task).key).toBe(key);
  }
});

import { expect, it } from '@jest/globals';
import { expandingSplits } from '@ml4t/core';
import { availableArithmetic } from '@ml4t/core/engine';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { experimentSchema } from '../../src/experiment/schema.ts';
import { CAEModel } from '@ml4t/latent-factors';
import { prepareExperiment } from '../../src/experiment/run.ts';
import { experimentTasks } from '../../src/experiment/task-list.ts';
import { withKey } from '../../src/experiment/task.ts';

const { batch } = simulateConditionalFactorPanel({ nAssets: 5, nDates: 12, nCharacteristics: 3 });
const splits = expandingSplits(12, { initialTrain: 8, testSize: 4 });

async function tasks(source: string, config: object = { ensembleSize: 2 }) {
  const experiment = experimentSchema.parse({
    data: { source, returns: { column: 'returns', lag: 0 } },
    models: [{ type: 'cae', config, forecaster: { type: 'ewma' } }],
    split: { initialTrain: 8, testSize: 4 },
    outputs: { directory: 'results' },
  });
  const { models } = await prepareExperiment(experiment);
  return experimentTasks(experiment, models, batch, splits)[0].tasks;
}

it('gives a task another key where the arithmetic is another, and the same one wherever the data lie', async () => {
  const here = await tasks('panel.parquet');
  expect(here.map(({ kind }) => kind)).toEqual(['member', 'member', 'folds']);
  expect((await tasks('elsewhere.parquet')).map(({ key }) => key)).toEqual(here.map(({ key }) => key));
  for (const { key, ...task } of here) {
    expect(task.versions.arithmetic).toBe(availableArithmetic());
    expect(withKey({ ...task, versions: { ...task.versions, arithmetic: 'other' } }).key).not.toBe(key);
    expect(withKey(task).key).toBe(key);
  }
});

it('gives configurations that mean the same the same key, and others another', async () => {
  const keys = async (config: object): Promise<string[]> => (await tasks('panel', config)).map(({ key }) => key);
  const defaults = await keys({});
  const { config } = new CAEModel();
  const here = `embedded-${availableArithmetic()}`;
  for (const same of [
    config,
    { nFactors: 5 },
    { threads: 3 },
    { engine: 'embedded', hiddenUnits: 'CA1' },
    { engine: here },
  ])
    expect(await keys(same)).toEqual(defaults);
  const there = here === 'embedded-portable' ? 'embedded-fused' : 'embedded-portable';
  for (const other of [{ seed: 1 }, { nFactors: 4 }, { hiddenUnits: 'CA2' }, { engine: there }])
    for (const [i, key] of (await keys(other)).entries()) expect(key).not.toBe(defaults[i]);
});

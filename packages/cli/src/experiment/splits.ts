import { ConfigError, expandingSplits, rollingSplits, type WalkForwardSplit } from '@ml4t/core';
import type { Experiment } from './schema.ts';

/** The walk-forward folds of an experiment over the dates of its panel. */
export function splitDates(nDates: number, split: Experiment['split']): readonly WalkForwardSplit[] {
  const { scheme, initialTrain, maxTrain, step = split.testSize, testSize, validationSize, purge, embargo } = split;
  if (step < testSize)
    throw new ConfigError({
      field: 'experiment.split.step',
      expected: `at least testSize, ${testSize}`,
      found: `${step}`,
      remedy: 'Let each date be predicted once.',
    });
  const sizes = { testSize, step, validationSize, purge, embargo };
  if (scheme === 'expanding')
    return expandingSplits(nDates, { initialTrain, ...sizes, ...(maxTrain === undefined ? {} : { maxTrain }) });
  if (maxTrain !== undefined)
    throw new ConfigError({
      field: 'experiment.split.maxTrain',
      expected: 'nothing with the rolling scheme',
      found: `${maxTrain}`,
      remedy: 'The rolling scheme always trains on initialTrain dates; remove maxTrain.',
    });
  return rollingSplits(nDates, { trainSize: initialTrain, ...sizes });
}

import { ConfigError, expandingSplits, rollingSplits, type WalkForwardSplit } from '@ml4t/core';
import type { SplitDates } from '@ml4t/core/authoring';
import { errorUnder } from '../executor/worker-errors.ts';
import type { Experiment } from './schema.ts';

/**
 * The walk-forward folds of an experiment over the dates of its panel, whose returns say how many dates lie between their blocks.
 * Throws ConfigError that names the key.
 */
export function splitDates(panel: number | SplitDates, split: Experiment['split']): readonly WalkForwardSplit[] {
  const { scheme, initialTrain, maxTrain, step = split.testSize, testSize } = split;
  if (step < testSize)
    throw new ConfigError({
      field: 'experiment.split.step',
      expected: `at least testSize, ${testSize}`,
      found: `${step}`,
      remedy: 'Let each date be predicted once.',
    });
  const { validationSize, purge, embargo, allowOverlap } = split;
  const sizes = { testSize, step, validationSize, purge, embargo, allowOverlap };
  if (scheme === 'expanding')
    return named(() =>
      expandingSplits(panel, { initialTrain, ...sizes, ...(maxTrain === undefined ? {} : { maxTrain }) }),
    );
  if (maxTrain !== undefined)
    throw new ConfigError({
      field: 'experiment.split.maxTrain',
      expected: 'nothing with the rolling scheme',
      found: `${maxTrain}`,
      remedy: 'The rolling scheme always trains on initialTrain dates; remove maxTrain.',
    });
  return named(() => rollingSplits(panel, { trainSize: initialTrain, ...sizes }));
}

/** The splits, or the error under the key of the experiment that it is about. */
function named(split: () => readonly WalkForwardSplit[]): readonly WalkForwardSplit[] {
  try {
    return split();
  } catch (error) {
    throw errorUnder((field) => (field === 'purge' ? 'experiment.split.purge' : field), error);
  }
}

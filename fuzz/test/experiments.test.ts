import { describe, expect, it } from '@jest/globals';
import { parseExperiment } from '@ml4t/cli';
import fc from 'fast-check';
import { effortOf } from './effort.ts';
import { edited, edits } from './mutate.ts';
import { outcomeOf } from './outcome.ts';

const experiment = {
  title: 'an experiment',
  data: { source: 'panel.parquet', returns: { column: 'returns', lag: 0 }, characteristics: ['size', 'value'] },
  models: [
    { type: 'ipca', config: { nFactors: 2 } },
    { type: 'cae', sweep: { nFactors: [1, 2] } },
  ],
  split: { initialTrain: 24, testSize: 12, validationSize: 6 },
  outputs: { directory: 'results', report: false },
};

describe('an experiment file', () => {
  it('of any content is an experiment, or a ConfigError', () =>
    fc.assert(
      fc.asyncProperty(edits(true), async (list) => {
        const { error } = await outcomeOf(() =>
          parseExperiment(JSON.stringify(edited(experiment, list)), 'experiment.yaml'),
        );
        if (error) expect(error.code).toBe('config');
      }),
      effortOf(400),
    ));

  it('of any text is an experiment, or a ConfigError', () => {
    const piece = fc.oneof(
      fc.constantFrom('data:', 'models:', '- ', '  ', '\n', '\t', '{', '}', '[', ']', ': ', '!!js/function', '!!binary', '&a', '*a', '<<: *a', '? ', '|', '>', '"', "'", '#', '---', '...', '%YAML 1.2', '__proto__: 1', 'x: 1'), // prettier-ignore
      fc.string({ maxLength: 5 }),
    );
    return fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const { error } = await outcomeOf(() => parseExperiment(pieces.join(''), 'experiment.yaml'));
        expect(error?.code).toBe('config');
      }),
      effortOf(600),
    );
  });
});

import { baseConfigSchema, parseConfig, type Aliases, type WithAliases } from '@ml4t/core/authoring';
import {
  checkpointChecks,
  checkpointFields,
  defaultCheckpointField,
  engineFields,
  ensembleFields,
  optimizerFields,
  stoppingFields,
} from '@ml4t/core/ensemble';
import * as z from 'zod';

/** Hidden layers of the beta network in the paper: CA0 is linear, CA1 to CA3 add one layer each. */
export const caePresets = Object.freeze({
  CA0: Object.freeze([] as readonly number[]),
  CA1: Object.freeze([32]),
  CA2: Object.freeze([32, 16]),
  CA3: Object.freeze([32, 16, 8]),
});

export type CAEPreset = keyof typeof caePresets;

/** Configuration of {@link CAEModel}. */
export const caeConfigSchema = baseConfigSchema
  .extend({
    /** K, the number of factors of each member. */
    nFactors: z.int().min(1).default(5).describe('Number of factors K'),
    /** 'regression' fits returns; 'classification' fits labels in [0, 1], held in `returns`, through a logit. */
    taskType: z.enum(['regression', 'classification']).default('regression').describe('Fit returns or 0/1 labels'),
    /** Units of each hidden layer of the beta network, or a preset of the paper. */
    hiddenUnits: z
      .union([
        z.enum(['CA0', 'CA1', 'CA2', 'CA3']).transform((name): number[] => [...caePresets[name]]),
        z.array(z.int().min(1).max(4096)).max(8),
      ])
      .default([32])
      .describe('Units of each hidden layer, or a preset CA0 to CA3'),
    /**
     * 'managed': factors are linear in characteristic-managed portfolios, as in the paper. 'regression': factors are the
     * regression of each date's returns on the network's own betas, profiled out of the loss. 'auto': the regression, unless
     * portfolios are given, mini-batches are of single rows, or dates have too few rows; see `factorSource`.
     */
    factors: z.enum(['auto', 'managed', 'regression']).default('auto').describe('Where factor returns come from'),
    /**
     * Added to each date's regression of returns on characteristics, relative to the mean of its diagonal; 0: minimum norm. Without it
     * the portfolios of dates with about as many rows as characteristics are mostly noise.
     */
    portfolioRidge: z.number().min(0).default(0.1).describe('Relative ridge of the managed portfolios'),
    /** Added to each date's regression of returns on betas, relative to the mean of its diagonal. */
    factorRidge: z.number().min(0).default(1e-3).describe('Relative ridge of the regression on betas'),
    ...ensembleFields({ ensembleSize: 5 }, 'fitted values and forecasts'),
    nEpochs: z.int().min(1).default(100).describe('Passes over the training rows at most'),
    ...checkpointFields({ checkpointInterval: 10 }),
    ...defaultCheckpointField(),
    ...optimizerFields({ learningRate: 0.01, schedule: { decay: 0.97 } }),
    /** Multiplies the sum of absolute weights; targets and portfolios have unit scale inside the model. */
    lambdaL1: z.number().min(0).default(0.005).describe('Penalty on the sum of absolute weights'),
    /** 'all' penalises every weight matrix, as in the paper; 'hidden' those of the hidden layers, as in the Python reference. */
    l1Weights: z.enum(['all', 'hidden']).default('all').describe('Which weights the penalty falls on'),
    /** Rows of a mini-batch, about. */
    batchSize: z.int().min(1).default(500).describe('Rows of a mini-batch'),
    /** 'dates': mini-batches of whole dates. 'rows': of single rows from any date; not with `factors: 'regression'`. */
    batching: z.enum(['dates', 'rows']).default('dates').describe('What mini-batches are made of'),
    ...stoppingFields({ patience: 20 }),
    ...engineFields,
  })
  .refine(({ factors, batching }) => factors !== 'regression' || batching === 'dates', {
    path: ['batching'],
    error: "'dates' with factors: 'regression', which needs whole dates",
  })
  .check((context) => checkpointChecks(context, context.value.nEpochs, 'nEpochs'));

/** Names of the Python package. */
const aliases = {
  nEnsemble: 'ensembleSize',
  lr: 'learningRate',
  lrDecay: { to: 'schedule', value: (decay: number) => ({ decay }) },
  checkpointEpochs: 'checkpointAt',
} as const satisfies Aliases;

export type CAEConfig = Readonly<z.output<typeof caeConfigSchema>>;
export type CAEConfigInput = WithAliases<typeof aliases, z.input<typeof caeConfigSchema>>;

export function parseCAEConfig(input: unknown): CAEConfig {
  return parseConfig(caeConfigSchema, input, 'CAEConfig', aliases);
}

/** Where the factor returns of a fit come from. */
export type FactorSource = 'managed' | 'regression';

/** A logit is not in units of returns: a regression on betas then needs a number to multiply it by. */
export function hasGain({ taskType }: CAEConfig, factors: FactorSource): boolean {
  return factors === 'regression' && taskType === 'classification';
}

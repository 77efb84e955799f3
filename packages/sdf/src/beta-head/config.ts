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
import { commonAliases, contextFields, l2Field } from '../sdf/config.ts';

/** Configuration of {@link StochasticDiscountFactorBetaNetworkHead}. */
export const betaHeadConfigSchema = baseConfigSchema
  .extend({
    stateDim: z.int().min(1).default(4).describe('Recurrent states'),
    hiddenDim: z.int().min(1).default(64).describe('Width of the two hidden layers'),
    dropout: z.number().min(0).lt(1).default(0.05).describe('Dropout of recurrent inputs and hidden layers'),
    nEpochs: z.int().min(1).default(256).describe('Epochs'),
    ...ensembleFields({ ensembleSize: 1 }, 'betas'),
    subEpochs: z.int().min(1).default(4).describe('Gradient steps per epoch'),
    ...optimizerFields({ learningRate: 1e-3 }),
    ...l2Field,
    ...stoppingFields({ patience: null }),
    ...checkpointFields({ checkpointInterval: null }),
    ...defaultCheckpointField(),
    ...contextFields,
    ...engineFields,
  })
  .check((context) => {
    const { weightDecay, l2, nEpochs } = context.value;
    checkpointChecks(context, nEpochs, 'nEpochs');
    if (weightDecay > 0 && l2 > 0)
      context.issues.push({ code: 'custom', input: l2, path: ['l2'], message: '0 with weightDecay: one of the two' });
  });

/** Names of the Python package, and labels of checkpoints as they were: '128'. */
const aliases = {
  betaStateDim: 'stateDim',
  betaHiddenDim: 'hiddenDim',
  betaNEpochs: 'nEpochs',
  betaLr: 'learningRate',
  betaCheckpointInterval: 'checkpointInterval',
  betaCheckpointEpochs: 'checkpointAt',
  betaDefaultCheckpoint: {
    to: 'defaultCheckpoint',
    value: (label: string): string | number => (/^\d+$/.test(label) ? Number(label) : label),
  },
  ...commonAliases,
} as const satisfies Aliases;

export type BetaHeadConfig = Readonly<z.output<typeof betaHeadConfigSchema>>;
export type BetaHeadConfigInput = WithAliases<typeof aliases, z.input<typeof betaHeadConfigSchema>>;

export function parseBetaHeadConfig(input: unknown): BetaHeadConfig {
  return parseConfig(betaHeadConfigSchema, input, 'BetaHeadConfig', aliases);
}

import { baseConfigSchema, parseConfig, type Aliases, type WithAliases } from '@ml4t/core/authoring';
import {
  checkpointChecks,
  checkpointFields,
  engineFields,
  ensembleFields,
  optimizerFields,
  stoppingFields,
} from '@ml4t/core/ensemble';
import * as z from 'zod';
import { epochOfLabel, isCheckpointLabel, ownLabel } from './checkpoints.ts';

/** In place of decoupled decay, and not with it. */
export const l2Field = {
  l2: z
    .number()
    .min(0)
    .default(0)
    .describe('Added to the gradient times the weights: weight decay as plain Adam has it'),
};

/** Fields about the series common to all assets. */
export const contextFields = {
  contextScaling: z
    .enum(['standardize', 'none'])
    .default('standardize')
    .describe('Context series less their training mean, over their training standard deviation; or as they are'),
  /**
   * Not 'levels' for series with a trend: outside the training dates a level is a number the network never saw. 'detrended' costs little
   * where there is none (docs/decisions/defaults.md).
   */
  contextTransform: z
    .enum(['levels', 'differences', 'deviations', 'detrended'])
    .default('detrended')
    .describe(
      'What the recurrent layers see of every context series: it, its differences, deviations from its trailing mean, or from its linear trend',
    ),
  contextWindow: z.int().min(1).default(36).describe("Dates of the trailing mean of 'deviations'"),
  forgetBias: z.number().default(1).describe('Added to the initial forget-gate bias of recurrent layers'),
};

/** Configuration of {@link StochasticDiscountFactorModel}. */
export const sdfConfigSchema = baseConfigSchema
  .extend({
    stateDimSdf: z.int().min(1).default(4).describe('Recurrent states of the SDF network'),
    stateDimMoment: z.int().min(1).default(32).describe('Recurrent states of the moment network'),
    hiddenDim: z.int().min(1).default(64).describe('Width of the two hidden layers of the SDF network'),
    nInstruments: z.int().min(1).default(8).describe('Instruments K of the moment network'),
    dropout: z.number().min(0).lt(1).default(0.05).describe('Dropout of recurrent inputs and hidden layers'),
    nEpochsUnc: z.int().min(0).default(256).describe('Epochs of the SDF network on unconditional moments'),
    nEpochsMoment: z.int().min(0).default(64).describe('Epochs of the moment network'),
    nEpochsCond: z.int().min(0).default(1024).describe('Epochs of the SDF network on conditional moments'),
    subEpochs: z.int().min(1).default(4).describe('Gradient steps per epoch'),
    ...stoppingFields({ patience: null, ignoreFirst: 64 }),
    selectBy: z.enum(['sharpe', 'loss']).default('loss').describe('Validation criterion of the best epoch'),
    ...checkpointFields({ checkpointInterval: null }),
    defaultCheckpoint: z
      .string()
      .overwrite(ownLabel)
      .refine(isCheckpointLabel, "'conditional/epoch-512', 'unconditional/best' or 'conditional/last', for example")
      .nullable()
      .default(null)
      .describe(
        "What extract uses: 'conditional/epoch-512', 'unconditional/best', 'conditional/last', …; null: the best",
      ),
    ...optimizerFields({ learningRate: 1e-3 }),
    ...l2Field,
    carryOptimizer: z
      .boolean()
      .default(false)
      .describe('Adam moments of the unconditional phase go on in the conditional one'),
    normalizeByAssetCount: z.boolean().default(true).describe('Weights are network outputs over N_t'),
    weightNormalization: z
      .enum(['absolute-sum', 'none'])
      .default('absolute-sum')
      .describe('Scale of the extracted weights at each date'),
    residualWeight: z
      .number()
      .min(0)
      .default(0)
      .describe('Weight of the residual-variance term in the loss of the conditional phase'),
    ...ensembleFields({ ensembleSize: 1 }, 'SDF weights'),
    ...contextFields,
    ...engineFields,
  })
  .check((context) => {
    const { nEpochsUnc, nEpochsCond, defaultCheckpoint, residualWeight, weightDecay, l2 } = context.value;
    const wrong = (path: string, message: string, input: unknown): void => {
      context.issues.push({ code: 'custom', input, path: [path], message });
    };
    if (nEpochsUnc + nEpochsCond === 0)
      wrong('nEpochsCond', 'a number >= 1 (or nEpochsUnc >= 1): no epoch trains the SDF network', nEpochsCond);
    if (residualWeight > 0 && nEpochsCond === 0)
      wrong('residualWeight', '0, since nEpochsCond is 0: the term belongs to the conditional phase', residualWeight);
    if (defaultCheckpoint?.startsWith('conditional') && nEpochsCond === 0)
      wrong('defaultCheckpoint', 'an unconditional checkpoint, since nEpochsCond is 0', defaultCheckpoint);
    if (defaultCheckpoint?.startsWith('unconditional') && nEpochsUnc === 0)
      wrong('defaultCheckpoint', 'a conditional checkpoint, since nEpochsUnc is 0', defaultCheckpoint);
    if (weightDecay > 0 && l2 > 0) wrong('l2', '0 with weightDecay: an optimizer has one of the two', l2);
    checkpointChecks(context, Math.max(nEpochsUnc, nEpochsCond), 'the epochs of the phases');
    const epochs = defaultCheckpoint?.startsWith('conditional') ? nEpochsCond : nEpochsUnc;
    if (defaultCheckpoint && (epochOfLabel(defaultCheckpoint) ?? 0) > epochs)
      wrong('defaultCheckpoint', `an epoch of its phase, up to ${epochs}`, defaultCheckpoint);
  });

/** Names of the Python package that both models of this package take. */
export const commonAliases = {
  standardizeContext: {
    to: 'contextScaling',
    value: (given: boolean): 'standardize' | 'none' => (given ? 'standardize' : 'none'),
  },
} as const satisfies Aliases;

/** Names of the Python package. */
const aliases = {
  nMembers: 'ensembleSize',
  lr: 'learningRate',
  burnInEpochs: 'ignoreFirst',
  checkpointEpochs: 'checkpointAt',
  ...commonAliases,
} as const satisfies Aliases;

export type StochasticDiscountFactorConfig = Readonly<z.output<typeof sdfConfigSchema>>;
export type StochasticDiscountFactorConfigInput = WithAliases<typeof aliases, z.input<typeof sdfConfigSchema>>;

export function parseSdfConfig(input: unknown): StochasticDiscountFactorConfig {
  return parseConfig(sdfConfigSchema, input, 'StochasticDiscountFactorConfig', aliases);
}

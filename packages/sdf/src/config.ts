import { baseConfigSchema, engineChoices, parseConfig } from '@ml4t/core';
import * as z from 'zod';
import { isCheckpointLabel } from './checkpoints.ts';

/** Fields about where the arithmetic runs; results depend on the engine in the last bits, never on the threads. */
export const engineFields = {
  engine: z
    .enum(engineChoices)
    .default('auto')
    .describe('Engine of the networks; auto takes the embedded one at this size'),
  threads: z.int().min(1).max(64).optional().describe('Threads of the embedded engine; results do not depend on it'),
};

/** Fields about the series common to all assets. */
export const contextFields = {
  standardizeContext: z
    .boolean()
    .default(true)
    .describe('Context series less their training mean, over their training standard deviation'),
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
    burnInEpochs: z.int().min(0).default(64).describe('First epochs of a phase that cannot be its best'),
    patience: z.int().min(1).optional().describe('Epochs without improvement on validation before a phase ends'),
    selectBy: z.enum(['sharpe', 'loss']).default('loss').describe('Validation criterion of the best epoch'),
    checkpointInterval: z.int().min(1).optional().describe('Keep every n-th epoch of the SDF phases'),
    checkpointEpochs: z.array(z.int().min(1)).default([]).describe('Keep just these epochs of the SDF phases'),
    defaultCheckpoint: z
      .string()
      .refine(isCheckpointLabel, "'phase:epoch', as conditional:512, unconditional:best or conditional:last")
      .optional()
      .describe("What extract uses: 'conditional:512', 'unconditional:best', 'conditional:last', …"),
    lr: z.number().positive().default(1e-3).describe('Learning rate of Adam'),
    weightDecay: z.number().min(0).default(0).describe('Added to the gradient times the weights'),
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
    nMembers: z
      .int()
      .min(1)
      .default(1)
      .describe('Networks trained from seeds of their own; their weights are averaged'),
    ...contextFields,
    ...engineFields,
  })
  .check((context) => {
    const { nEpochsUnc, nEpochsCond, defaultCheckpoint, residualWeight } = context.value;
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
  });

export type StochasticDiscountFactorConfig = Readonly<z.output<typeof sdfConfigSchema>>;
export type StochasticDiscountFactorConfigInput = z.input<typeof sdfConfigSchema>;

export function parseSdfConfig(input: unknown): StochasticDiscountFactorConfig {
  return parseConfig(sdfConfigSchema, input, 'StochasticDiscountFactorConfig');
}

import { baseConfigSchema, parseConfig } from '@ml4t/core';
import * as z from 'zod';
import { contextFields, engineFields } from '../config.ts';

/** Configuration of {@link StochasticDiscountFactorBetaNetworkHead}. */
export const betaHeadConfigSchema = baseConfigSchema.extend({
  betaStateDim: z.int().min(1).default(4).describe('Recurrent states'),
  betaHiddenDim: z.int().min(1).default(64).describe('Width of the two hidden layers'),
  betaNEpochs: z.int().min(1).default(256).describe('Epochs'),
  betaLr: z.number().positive().default(1e-3).describe('Learning rate of Adam'),
  betaCheckpointInterval: z.int().min(1).optional().describe('Keep every n-th epoch'),
  betaCheckpointEpochs: z.array(z.int().min(1)).default([]).describe('Keep just these epochs'),
  betaDefaultCheckpoint: z
    .string()
    .regex(/^([1-9]\d*|best|last)$/)
    .optional()
    .describe("What predict uses: '128', 'best' (the default with a validation) or 'last'"),
  dropout: z.number().min(0).lt(1).default(0.05).describe('Dropout of recurrent inputs and hidden layers'),
  weightDecay: z.number().min(0).default(0).describe('Added to the gradient times the weights'),
  subEpochs: z.int().min(1).default(4).describe('Gradient steps per epoch'),
  patience: z.int().min(1).optional().describe('Epochs without improvement on validation before training ends'),
  ...contextFields,
  ...engineFields,
});

export type BetaHeadConfig = Readonly<z.output<typeof betaHeadConfigSchema>>;
export type BetaHeadConfigInput = z.input<typeof betaHeadConfigSchema>;

export function parseBetaHeadConfig(input: unknown): BetaHeadConfig {
  return parseConfig(betaHeadConfigSchema, input, 'BetaHeadConfig');
}

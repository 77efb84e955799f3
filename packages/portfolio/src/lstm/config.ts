import { parseConfig, type Aliases, type WithAliases } from '@ml4t/core/authoring';
import * as z from 'zod';
import { networkAliases, networkConfigSchema } from '../config.ts';
import { contradictions } from '../training/contradictions.ts';

/** Configuration of {@link LSTMPortfolioModel}. */
export const lstmPortfolioConfigSchema = networkConfigSchema
  .extend({
    /** Width of the LSTM and of the selected features. */
    hiddenDim: z.int().min(1).max(65536).default(64).describe('Width of the LSTM'),
    nLayers: z.int().min(1).max(16).default(1).describe('Layers of the LSTM'),
  })
  .check(contradictions);

/** Names of the Python package, and earlier ones. */
const aliases = { ...networkAliases, hiddenSize: 'hiddenDim' } as const satisfies Aliases;

export type LSTMPortfolioConfig = Readonly<z.output<typeof lstmPortfolioConfigSchema>>;
export type LSTMPortfolioConfigInput = WithAliases<typeof aliases, z.input<typeof lstmPortfolioConfigSchema>>;

/** Throws ConfigError. */
export function parseLSTMPortfolioConfig(input: unknown): LSTMPortfolioConfig {
  return parseConfig(lstmPortfolioConfigSchema, input, 'LSTMPortfolioConfig', aliases);
}

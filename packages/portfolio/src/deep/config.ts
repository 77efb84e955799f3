import { parseConfig, type Aliases, type WithAliases } from '@ml4t/core/authoring';
import * as z from 'zod';
import { networkAliases, networkConfigSchema } from '../config.ts';
import { contradictions } from '../training/contradictions.ts';

const count = z.int().min(1).max(64);

/** Configuration of {@link DeepPortfolioModel}. */
export const deepPortfolioConfigSchema = networkConfigSchema
  .extend({
    /** 'deepm': the blocks of the paper; 'reference': those of the Python reference. See docs/models/deep-portfolio.md. */
    block: z.enum(['deepm', 'reference']).default('deepm').describe('Blocks of the paper or of the Python reference'),
    /** Width of everything after the features. */
    dModel: z.int().min(1).max(65536).default(64).describe('Width of the network'),
    /** Heads of the temporal attention. */
    nHeads: count.default(2).describe('Heads of the temporal attention'),
    lstmLayers: z.int().min(1).max(16).default(1).describe('Layers of the LSTM'),
    temporalMhaLayers: z.int().min(0).max(16).default(1).describe('Layers of temporal attention'),
    crossAttentionHeads: count.default(2).describe('Heads of the attention across assets'),
    /** Dates by which what an asset sees of the others lags behind: 1, because markets close at different hours. */
    crossAttentionLag: z.int().min(0).default(1).describe('Dates by which the view of other assets lags'),
    /** Whether assets also attend along the edges of the batch's adjacency. */
    graph: z.boolean().default(false).describe("Whether assets attend along the batch's adjacency"),
    macroGnnHeads: count.default(2).describe('Heads of the attention along edges'),
    /** Hidden width of the adapters, in multiples of dModel. */
    adapterHiddenMult: count.default(2).describe('Hidden width of the adapters over dModel'),
  })
  .check(contradictions)
  .check((context) => {
    for (const field of ['nHeads', 'crossAttentionHeads', 'macroGnnHeads'] as const)
      if (context.value.dModel % context.value[field] !== 0)
        context.issues.push({
          code: 'custom',
          input: context.value[field],
          path: [field],
          message: `a divisor of dModel, ${context.value.dModel}`,
        });
  });

/** Names of the Python package, and earlier ones. */
const aliases = { ...networkAliases, useGraph: 'graph' } as const satisfies Aliases;

export type DeepPortfolioConfig = Readonly<z.output<typeof deepPortfolioConfigSchema>>;
export type DeepPortfolioConfigInput = WithAliases<typeof aliases, z.input<typeof deepPortfolioConfigSchema>>;

/** Throws ConfigError. */
export function parseDeepPortfolioConfig(input: unknown): DeepPortfolioConfig {
  return parseConfig(deepPortfolioConfigSchema, input, 'DeepPortfolioConfig', aliases);
}

import { parseConfig } from '@ml4t/core/authoring';
import * as z from 'zod';
import { pcaConfigSchema } from '../pca/config.ts';

/** Configuration of {@link ProximateFactorModel}: that of the components it starts from, and how many assets stay. */
export const proximateFactorConfigSchema = pcaConfigSchema.extend({
  assetsPerFactor: z.int().min(1).default(10).describe('Assets that each factor is made of; all of a smaller panel'),
  extractAlphas: z.boolean().default(false).describe('Give the intercepts of the time-series regressions to forecasts'),
});

export type ProximateFactorConfig = Readonly<z.output<typeof proximateFactorConfigSchema>>;
export type ProximateFactorConfigInput = z.input<typeof proximateFactorConfigSchema>;

/** Throws ConfigError. */
export function parseProximateFactorConfig(input: unknown): ProximateFactorConfig {
  return parseConfig(proximateFactorConfigSchema, input, 'ProximateFactorConfig');
}

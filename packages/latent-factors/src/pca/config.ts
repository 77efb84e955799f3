import { baseConfigSchema, parseConfig } from '@ml4t/core/authoring';
import * as z from 'zod';

/** Configuration of {@link PCAModel}. */
export const pcaConfigSchema = baseConfigSchema.extend({
  /** K, the number of factors. */
  nFactors: z.int().min(1).default(5).describe('Number of factors K'),
  /** 'em' imputes missing returns by the model itself, iterated; 'mean' by the asset's mean, once. */
  imputation: z.enum(['em', 'mean']).default('em').describe('How missing training returns are filled'),
  /** Most rounds of imputation. */
  maxIter: z.int().min(1).default(1000).describe('Most rounds of imputation'),
  /** Stop when a round moves the imputed returns by at most this share of the returns' standard deviation. */
  tol: z.number().positive().max(0.1).default(1e-7).describe('Stop when imputed returns move by no more than this'),
  /** 'anderson' extrapolates imputed returns from the last rounds; 'none' is plain expectation-maximisation. Same fixed point. */
  acceleration: z.enum(['anderson', 'none']).default('anderson').describe('Acceleration of the imputation'),
});

export type PCAConfig = Readonly<z.output<typeof pcaConfigSchema>>;
export type PCAConfigInput = z.input<typeof pcaConfigSchema>;

export function parsePCAConfig(input: unknown): PCAConfig {
  return parseConfig(pcaConfigSchema, input, 'PCAConfig');
}

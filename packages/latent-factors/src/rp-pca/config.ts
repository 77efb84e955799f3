import { baseConfigSchema, parseConfig } from '@ml4t/core/authoring';
import * as z from 'zod';

/** Configuration of {@link RPPCAModel}. */
export const rppcaConfigSchema = baseConfigSchema
  .extend({
    /** K, the number of factors. */
    nFactors: z.int().min(1).default(5).describe('Number of factors K'),
    /**
     * Weight on the outer product of the mean returns. With the second moment as base, -1 is principal components of the
     * covariance matrix, 0 of the second moment; 10 to 20 is usual.
     */
    gamma: z.number().default(10).describe('Weight on the outer product of mean returns; -1 is plain PCA'),
    /** What gamma times the means is added to: X'X / T, or the covariance matrix with divisor T - 1. */
    baseMoment: z
      .enum(['second-moment', 'covariance'])
      .default('second-moment')
      .describe("Matrix the mean term is added to: X'X / T, or the covariance (divisor T - 1)"),
    /** Divide each asset's returns by their standard deviation (divisor T) before the decomposition. */
    scaleByAssetVolatility: z.boolean().default(false).describe('Decompose returns divided by their volatility'),
    /** 'unit-length': each factor's weights have length one. 'variance': loadings carry the root of the eigenvalue. */
    normalizeLoadings: z
      .enum(['unit-length', 'variance'])
      .default('unit-length')
      .describe('Weights of length one, or loadings times the root of their eigenvalue'),
    /** Make the training factors uncorrelated, each of the later ones less its projection on the earlier ones. */
    orthogonalizeFactors: z.boolean().default(false).describe('Make the training factor returns uncorrelated'),
    /**
     * Which exposures `extract` gives, and forecasts are made of. Slopes of time-series regressions drop what gamma priced: with a weak
     * factor of high Sharpe ratio they forecast worse (docs/decisions/defaults.md).
     */
    exposures: z
      .enum(['loadings', 'time-series'])
      .default('loadings')
      .describe('Exposures of extract: the RP-PCA loadings, or time-series regression slopes'),
    /** Whether time-series exposures come with their intercepts; forecasts are then each asset's own training mean. */
    extractAlphas: z.boolean().default(false).describe('Give the time-series alphas with the time-series betas'),
    /** 'em' imputes missing returns by the factors, iterated; 'mean' by the asset's mean, once. */
    imputation: z.enum(['em', 'mean']).default('em').describe('How missing training returns are filled'),
    /** Most rounds of imputation. */
    maxIter: z.int().min(1).default(1000).describe('Most rounds of imputation'),
    /** Stop when a round moves the imputed returns by at most this share of the returns' standard deviation. */
    tol: z.number().positive().max(0.1).default(1e-7).describe('Stop when imputed returns move by no more than this'),
    /** 'anderson' extrapolates imputed returns from the last rounds; 'none' is plain expectation-maximisation. Same fixed point. */
    acceleration: z.enum(['anderson', 'none']).default('anderson').describe('Acceleration of the imputation'),
  })
  .check((context) => {
    const { gamma, baseMoment, exposures, extractAlphas } = context.value;
    if (extractAlphas && exposures === 'loadings')
      context.issues.push({
        code: 'custom',
        input: extractAlphas,
        path: ['extractAlphas'],
        message: "false, or exposures 'time-series': alphas are of those regressions",
      });
    const least = baseMoment === 'covariance' ? 0 : -1;
    if (gamma >= least) return;
    context.issues.push({
      code: 'custom',
      input: gamma,
      path: ['gamma'],
      message: `a number >= ${least} with base '${baseMoment}': below it the means are counted against the factors`,
    });
  });

export type RPPCAConfig = Readonly<z.output<typeof rppcaConfigSchema>>;
export type RPPCAConfigInput = z.input<typeof rppcaConfigSchema>;

export function parseRPPCAConfig(input: unknown): RPPCAConfig {
  return parseConfig(rppcaConfigSchema, input, 'RPPCAConfig');
}

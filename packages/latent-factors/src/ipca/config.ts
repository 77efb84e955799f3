import { baseConfigSchema, parseConfig } from '@ml4t/core/authoring';
import * as z from 'zod';

/** Configuration of {@link IPCAModel}. */
export const ipcaConfigSchema = baseConfigSchema
  .extend({
    /** K, the number of latent factors; 0 when all factors are pre-specified. */
    nFactors: z.int().min(0).default(5).describe('Number of latent factors K'),
    /** Whether a column of ones is put before the characteristics as an instrument. */
    constant: z.boolean().default(true).describe('Put a constant instrument before the characteristics'),
    /** Whether expected returns have a part that no factor explains, alpha = z'Gamma_alpha. */
    intercept: z.boolean().default(false).describe("Estimate alpha = z'Gamma_alpha beside the factors"),
    /** Most alternating-least-squares iterations. */
    maxIter: z.int().min(1).default(10000).describe('Most iterations of alternating least squares'),
    /** Stop when one iteration moves the orthonormal Gamma by at most this much (root mean square per column). Scale-free. */
    tol: z
      .number()
      .positive()
      .max(0.1)
      .default(1e-6)
      .describe('Stop when an iteration moves Gamma by no more than this'),
    /**
     * Fewest complete rows with which a date takes part: in the fit, in its figures, and in the factor returns that premia and R2 are
     * made of. Absent: max(2K, K + 10), or half of the median date of the training panel where that is less, at least K.
     */
    minimumRows: z.int().min(1).optional().describe('Fewest complete rows with which a date takes part'),
    /**
     * In which coordinates Gamma_beta'Gamma_beta = I. 'instruments': of Gamma for instruments of root mean square one, so that no unit
     * of a characteristic changes a factor. 'gamma': of the Gamma that is given back, as in the paper and the Python packages.
     */
    normalization: z
      .enum(['instruments', 'gamma'])
      .default('instruments')
      .describe('Gamma orthonormal for instruments of unit second moment, or in the units of the characteristics'),
    /** Added to each date's factor regression, relative to the mean of its diagonal. */
    factorRidge: z.number().min(0).default(1e-8).describe("Ridge of the factor step, relative to its diagonal's mean"),
    /** Added to the Gamma regression of the scaled instruments, relative to the mean of its diagonal. */
    gammaRidge: z.number().min(0).default(1e-8).describe("Ridge of the Gamma step, relative to its diagonal's mean"),
    /**
     * Penalty on Gamma in the coordinates of `normalization`, as scikit-learn's ElasticNet: alpha in units of squared returns. The
     * alternation with identification in every step is that of the `ipca` package; it minimises no single objective.
     */
    elasticNet: z
      .strictObject({
        alpha: z.number().positive().describe('Strength, in units of squared returns'),
        l1Ratio: z.number().min(0).max(1).default(0.5).describe('Share of the absolute-value penalty'),
      })
      .optional()
      .describe('Elastic-net penalty on Gamma'),
    /** 'observations': every row counts the same. 'dates': every date does, whatever its number of rows. */
    weighting: z.enum(['observations', 'dates']).default('observations').describe('What counts the same in the fit'),
    /** Whether a refit starts from the Gamma of the fit before, where the instruments are the same. */
    warmStart: z.boolean().default(false).describe('Start a refit from the Gamma of the fit before'),
    /** 'anderson' extrapolates from the last iterates; 'none' is plain alternating least squares. Same optimum. */
    acceleration: z.enum(['anderson', 'none']).default('anderson').describe('Acceleration of the iteration'),
  })
  .check((context) => {
    const { nFactors, minimumRows } = context.value;
    if (minimumRows === undefined || minimumRows >= nFactors) return;
    context.issues.push({
      code: 'custom',
      input: minimumRows,
      path: ['minimumRows'],
      message: `a whole number >= ${nFactors}, the number of factors that a date's rows have to tell apart`,
    });
  });

export type IPCAConfig = Readonly<z.output<typeof ipcaConfigSchema>>;
export type IPCAConfigInput = z.input<typeof ipcaConfigSchema>;

export function parseIPCAConfig(input: unknown): IPCAConfig {
  return parseConfig(ipcaConfigSchema, input, 'IPCAConfig');
}

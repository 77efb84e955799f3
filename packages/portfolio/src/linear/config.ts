import { parseConfig, type Aliases, type WithAliases } from '@ml4t/core/authoring';
import { optimizerFields } from '@ml4t/core/ensemble';
import * as z from 'zod';
import { portfolioAliases, portfolioConfigSchema } from '../config.ts';
import { contradictions } from '../training/contradictions.ts';

/** Configuration of {@link LinearFeaturePortfolioModel}. */
export const linearPortfolioConfigSchema = portfolioConfigSchema
  .omit({ ensembleSize: true })
  .extend({
    /** 'portfolio-objective': the ridge regression, then training on the objective. 'ridge': the regression alone (the reference). */
    estimator: z
      .enum(['portfolio-objective', 'ridge'])
      .default('portfolio-objective')
      .describe('Whether the ridge regression is the start of training, or the model'),
    /** Added to the diagonal of X'X; the intercept is not penalised. */
    ridgeAlpha: z.number().min(0).default(1e-4).describe("Added to the diagonal of X'X"),
    intercept: z.boolean().default(true).describe('Whether scores have an intercept'),
    /** 'standardize' features by training mean and deviation, so that ridgeAlpha and the steps treat them alike; or 'none'. */
    inputScaling: z.enum(['standardize', 'none']).default('standardize').describe('How features are scaled'),
    /** Bound on every weight of the long-short head when weights are given out; null for none. Training does not see it. */
    maxAbsWeight: z.number().positive().nullable().default(null).describe('Bound on every absolute weight'),
    /** Scores start with deviation 1, so that this is the relative size of a step; a few hundred steps move them well. */
    learningRate: optimizerFields({ learningRate: 1e-2 }).learningRate,
    nSteps: z.int().min(1).default(500).describe('Steps of the optimizer at most'),
  })
  .check((context) => {
    contradictions(context);
    if (context.value.maxAbsWeight !== null && context.value.head !== 'long-short')
      context.issues.push({
        code: 'custom',
        input: context.value.maxAbsWeight,
        path: ['maxAbsWeight'],
        message: "null, or head 'long-short', whose exposures the capped weights keep to",
      });
  });

/** Names of the Python package, and earlier ones. */
const aliases = { ...portfolioAliases, fitIntercept: 'intercept' } as const satisfies Aliases;

export type LinearPortfolioConfig = Readonly<z.output<typeof linearPortfolioConfigSchema>>;
export type LinearPortfolioConfigInput = WithAliases<typeof aliases, z.input<typeof linearPortfolioConfigSchema>>;

/**
 * Throws ConfigError. Without a `head` it is 'bounded'; where exposures or a cap are given, which only the long-short head has, and for the
 * regression alone, which is the reference's model, 'long-short'.
 */
export function parseLinearPortfolioConfig(input: unknown): LinearPortfolioConfig {
  return parseConfig(linearPortfolioConfigSchema, withHead(input), 'LinearPortfolioConfig', aliases);
}

function withHead(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || 'head' in input) return input;
  const given = input as Readonly<Record<string, unknown>>;
  const asksForSides = ['grossExposure', 'netExposure', 'maxAbsWeight'].some(
    (field) => (given[field] ?? null) !== null,
  );
  return asksForSides || given.estimator === 'ridge' ? { ...given, head: 'long-short' } : input;
}

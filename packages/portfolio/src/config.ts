import { baseConfigSchema, type Aliases, type WithAliases } from '@ml4t/core/authoring';
import {
  checkpointFields,
  defaultCheckpointField,
  engineFields,
  ensembleFields,
  optimizerFields,
  stoppingFields,
} from '@ml4t/core/ensemble';
import * as z from 'zod';

const share = z.number().min(0).lt(1);
const width = z.int().min(1).max(65536);

/**
 * What every model of this package has: the objective an allocator is paid for, and how it is trained on it.
 * Names are those of the reference in camelCase; where a default differs, the comment says why.
 */
export const portfolioConfigSchema = baseConfigSchema.extend({
  /** Multiplies the costs of the batch in the objective. */
  gammaCost: z.number().min(0).default(0.5).describe('Multiplies the costs of the batch in the objective'),
  /** Cost per unit of turnover that every asset pays on top of gammaCost x its own cost. */
  turnoverPenalty: z.number().min(0).default(0).describe('Cost per unit of turnover on top of the costs of the batch'),
  /**
   * Periods in a year, for the Sharpe ratios of the objective and of the metrics; null: by the dates of the batch, over the dates that a
   * return spans. The reference has 252 whatever the dates.
   */
  annualizationFactor: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Periods in a year; by the dates where null'),
  /**
   * Added to the variance under the root of a Sharpe ratio, for positions that move by one per cent; in proportion to the mean square of
   * what positions earn for others, so that the unit of returns plays no part. The reference's 1e-8, for any, halves the ratio of a
   * small daily portfolio.
   */
  sharpeEps: z
    .number()
    .positive()
    .default(1e-12)
    .describe('Added to the variance in a Sharpe ratio, for positions that move by one per cent'),
  /** Temperature of the soft minimum over the Sharpe ratios of the windows. */
  softminTau: z.number().positive().default(0.2).describe('Temperature of the soft minimum over windows'),
  /** Weight of that soft minimum beside the pooled Sharpe ratio. */
  softminLambda: z.number().min(0).default(0.1).describe('Weight of the soft minimum beside the pooled Sharpe ratio'),
  /** How scores become weights: budgets in (-1, 1), or holdings, all long or long and short. */
  head: z.enum(['bounded', 'long-only', 'long-short']).default('bounded').describe('How scores become weights'),
  /** Sum of absolute weights of the long-short head. */
  grossExposure: z.number().positive().default(1).describe('Sum of absolute weights (long-short)'),
  /** Sum of weights of the long-short head, between -grossExposure and grossExposure. */
  netExposure: z.number().default(0).describe('Sum of weights (long-short)'),
  /** Where the batch's volatility scale applies: to what positions earn and trade, or (the reference) to the trades alone. */
  volatilityScaling: z
    .enum(['gross-and-costs', 'costs', 'none'])
    .default('gross-and-costs')
    .describe("Where the batch's volatility scale applies"),
  /** Whether leaving the universe, and a change of the number of assets, cost what they trade (the reference: free). */
  universeChanges: z.enum(['charged', 'free']).default('charged').describe('Whether changes of the universe cost'),
  /** Whether each window starts from prevWeights or nothing, or from the last holdings of the window that it follows. */
  holdings: z.enum(['window', 'chained']).default('window').describe('What a window starts from'),
  /** First steps of each window that earn nothing in the objective. */
  burnIn: z.int().min(0).default(0).describe('First steps of each window left out of the objective'),

  /** Windows of a mini-batch: each is a step of the optimizer (in the reference it only splits a full batch). */
  batchSize: z.int().min(1).default(16).describe('Windows of a mini-batch'),
  /** The reference takes 200 full-batch steps, which leave its networks near their start. */
  nSteps: z.int().min(1).default(1000).describe('Steps of the optimizer at most'),
  /** The reference's learning rate of 1e-4 does not train in the steps that it takes. */
  ...optimizerFields({ learningRate: 1e-3, weightDecay: 1e-4, gradientClip: 1 }),

  ...ensembleFields({ ensembleSize: 1 }, 'weights'),
  /** Share of the windows, the last ones, held out for validation when `fit` is given none. */
  validationShare: z.number().min(0).max(0.5).default(0.2).describe('Share of windows held out when none are given'),

  /** Steps between evaluations. */
  evalEvery: z.int().min(1).default(10).describe('Steps between evaluations'),
  /** Weight of the newest evaluation in the smoothed criterion of early stopping. */
  metricEmaAlpha: z.number().gt(0).max(1).default(0.45).describe('Weight of the newest evaluation in the criterion'),
  /** A smoothed Sharpe ratio is better when it exceeds the best smoothed one by this. */
  metricMinDelta: z.number().min(0).default(1e-3).describe('Least gain in the smoothed Sharpe ratio that counts'),
  /** The reference's patience of 20 evaluations outlasts its own 200 steps. */
  ...stoppingFields({ patience: 10, ignoreFirst: 20 }, 'evaluations'),
  ...checkpointFields({ checkpointInterval: null }, 'step'),
  ...defaultCheckpointField('step'),
  ...engineFields,
});

/** Names of the Python package, and earlier ones. */
export const portfolioAliases = {
  maxIters: 'nSteps',
  maxGradNorm: 'gradientClip',
  earlyStoppingPatience: 'patience',
  earlyStoppingBurnInIters: 'ignoreFirst',
  checkpointEvery: 'checkpointInterval',
  checkpointSteps: 'checkpointAt',
} as const satisfies Aliases;

export type PortfolioConfig = Readonly<z.output<typeof portfolioConfigSchema>>;
export type PortfolioConfigInput = WithAliases<typeof portfolioAliases, z.input<typeof portfolioConfigSchema>>;

/** A configuration whose Sharpe ratios know the periods in a year and the size of returns: what a batch is trained and judged with. */
export type AnnualConfig<C extends Pick<PortfolioConfig, 'annualizationFactor'> = PortfolioConfig> = Omit<
  C,
  'annualizationFactor'
> & { readonly annualizationFactor: number };

/** What both networks have besides. */
export const networkConfigSchema = portfolioConfigSchema.extend({
  /** 'standardize' features by training mean and deviation, or 'none'. */
  inputScaling: z.enum(['standardize', 'none']).default('standardize').describe('How features are scaled'),
  dropout: share.default(0.1).describe('Dropout inside the network'),
  /** Width of the embedding of each asset in its static context; 0 for none, then weights can be had for assets never seen. */
  assetEmbeddingDim: z.int().min(0).max(65536).default(8).describe('Width of the asset embedding'),
  /** Width of the embedding of each group, used with groupEmbedding. */
  groupEmbeddingDim: width.default(4).describe('Width of the group embedding'),
  groupEmbedding: z.boolean().default(false).describe("Whether an asset's group is part of its context"),
  costInContext: z.boolean().default(false).describe("Whether an asset's cost is part of its context"),
  /** Width of the hidden layer that weighs the features (variable selection). */
  vvsnHiddenDim: width.default(64).describe('Hidden width of the variable selection'),
});

/** Names of the Python package, and earlier ones. */
export const networkAliases = {
  ...portfolioAliases,
  useGroupEmbedding: 'groupEmbedding',
  useCostInContext: 'costInContext',
} as const satisfies Aliases;

export type NetworkConfig = Readonly<z.output<typeof networkConfigSchema>>;
export type NetworkConfigInput = WithAliases<typeof networkAliases, z.input<typeof networkConfigSchema>>;

import { baseConfigSchema, parseConfig, type Aliases, type WithAliases } from '@ml4t/core/authoring';
import {
  checkpointChecks,
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

/** Configuration of {@link SAEModel}. */
export const saeConfigSchema = baseConfigSchema
  .extend({
    /** 'regression' of returns, 'binary' classification, or 'multi-label': any number of yes-or-no labels at once. */
    taskType: z
      .enum(['regression', 'binary', 'multi-label'])
      .default('regression')
      .describe('What is predicted: returns, one yes-or-no label, or several'),
    /** Binary labels without targets of their own: 1 where the return is above this. */
    threshold: z.number().default(0).describe('A return above this is a positive (binary)'),
    /**
     * Regression targets: 'cross-sectional-z' and 'cross-sectional-rank' within each date (predictions are scores); 'standardize' by
     * training mean and deviation (predictions are returns again); 'none'.
     */
    targetScaling: z
      .enum(['standardize', 'cross-sectional-z', 'cross-sectional-rank', 'none'])
      .default('cross-sectional-z')
      .describe('How regression targets are scaled: within dates, predictions are scores'),
    /** 'squared-error', or 'rank-ic': 1 - the mean over dates of the correlation with the ranks of the target. */
    objective: z.enum(['squared-error', 'rank-ic']).default('squared-error').describe('Main loss of a regression'),
    /** 'standardize' characteristics by training mean and deviation before anything else, or 'none'. */
    inputScaling: z.enum(['standardize', 'none']).default('standardize').describe('How characteristics are scaled'),

    /** Width of the code. */
    bottleneckDim: width.default(96).describe('Width of the code'),
    /** Width of the auxiliary head's hidden layer. */
    auxHiddenDim: width.default(96).describe("Width of the auxiliary head's hidden layer"),
    /** Widths of the main head's hidden layers, any number of them. */
    mainHiddenUnits: z
      .array(width)
      .max(32)
      .default([896, 448, 448, 256])
      .describe("Widths of the main head's hidden layers"),
    /** Standard deviation of the noise on the normalised features that are encoded. */
    noiseStd: z.number().min(0).default(0.035).describe('Deviation of the noise before the encoder'),
    decoderDropout: share.default(0.038).describe('Dropout on the code before the decoder'),
    auxDropout: share.default(0.424).describe("Dropout on the auxiliary head's hidden layer"),
    mainInputDropout: share.default(0.104).describe('Dropout on features and code before the main head'),
    /** One rate for all hidden layers of the main head, or one for each. */
    mainDropout: z
      .union([share, z.array(share)])
      .default([0.492, 0.32, 0.272, 0.438])
      .describe('Dropout of the hidden layers of the main head: one rate, or one each'),
    batchNormEpsilon: z.number().positive().default(1e-3).describe('Added to the variance in batch normalisation'),
    /** Weight of the newest batch in the running moments; in the first 1 / momentum steps they are plain averages. */
    batchNormMomentum: share.min(1e-6).default(0.01).describe('Weight of a batch in the running moments'),

    mainWeight: z.number().positive().default(1).describe('Weight of the main loss'),
    auxWeight: z.number().min(0).default(1).describe('Weight of the auxiliary loss'),
    reconstructionWeight: z.number().min(0).default(1).describe('Weight of the reconstruction loss'),

    nEpochs: z.int().min(1).default(100).describe('Most epochs'),
    /** Rows of a mini-batch; with the rank-IC objective whole dates of about so many rows in all. */
    batchSize: z.int().min(4).default(1024).describe('Rows of a mini-batch'),
    ...optimizerFields({ learningRate: 1e-3 }),
    ...stoppingFields({ patience: 6 }),
    /** Share of the training dates, the last ones, held out for validation when `fit` is given none. */
    validationShare: z.number().min(0).max(0.5).default(0.2).describe('Share of dates held out when none are given'),
    /**
     * Dates left out between the training dates and those held out: where absent as many as the returns of the batch need to be known
     * (h - 1 for returns over h dates); more where targets of your own reach further.
     */
    validationGap: z
      .int()
      .min(0)
      .optional()
      .describe('Dates left out before those held out; as the returns ask for where absent'),
    ...ensembleFields({ ensembleSize: 1 }, 'predictions'),
    ...checkpointFields({ checkpointInterval: null }),
    ...defaultCheckpointField(),
    ...engineFields,
  })
  .check((context) => {
    const { mainDropout, mainHiddenUnits, objective, taskType, nEpochs } = context.value;
    const refuse = (path: string, message: string): void => {
      const input = context.value[path as keyof typeof context.value];
      context.issues.push({ code: 'custom', input, path: [path], message });
    };
    if (Array.isArray(mainDropout) && mainDropout.length !== mainHiddenUnits.length)
      refuse('mainDropout', `one rate, or ${mainHiddenUnits.length}: one for each of mainHiddenUnits`);
    if (objective === 'rank-ic' && taskType !== 'regression')
      refuse('objective', "'squared-error' with a classification, whose loss is the cross-entropy");
    checkpointChecks(context, nEpochs, 'nEpochs');
  });

/** Earlier names, and those of the Python package. */
const aliases = {
  earlyStoppingPatience: 'patience',
  checkpointEpochs: 'checkpointAt',
} as const satisfies Aliases;

export type SAEConfig = Readonly<z.output<typeof saeConfigSchema>>;
export type SAEConfigInput = WithAliases<typeof aliases, z.input<typeof saeConfigSchema>>;

/** Throws ConfigError. A depth other than four with no dropout given gets the mean of the four default rates. */
export function parseSAEConfig(input: unknown): SAEConfig {
  return parseConfig(saeConfigSchema, withDropoutForDepth(input), 'SAEConfig', aliases);
}

/** The dropout rate of each hidden layer of the main head. */
export function mainDropoutRates({
  mainDropout,
  mainHiddenUnits,
}: Pick<SAEConfig, 'mainDropout' | 'mainHiddenUnits'>): readonly number[] {
  return typeof mainDropout === 'number' ? mainHiddenUnits.map(() => mainDropout) : mainDropout;
}

function withDropoutForDepth(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || 'mainDropout' in input) return input;
  const units: unknown = 'mainHiddenUnits' in input ? input.mainHiddenUnits : undefined;
  return Array.isArray(units) && units.length !== 4 ? { ...input, mainDropout: 0.38 } : input;
}

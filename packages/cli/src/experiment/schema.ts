import * as z from 'zod';
import { dataSchema } from './data-schema.ts';

export const preprocessingTypes = ['rank-normalize', 'impute', 'standardize', 'winsorize'] as const;

/** A step is its name, or its name with options. Each works within one date, so none looks ahead. */
const preprocessingSchema = z.array(
  z.preprocess(
    (step) => (typeof step === 'string' ? { type: step } : step),
    z.looseObject({ type: z.enum(preprocessingTypes) }),
  ),
);

const modelSchema = z.strictObject({
  name: z.string().min(1).optional().describe('label in tables and files; the type where absent'),
  type: z.string().min(1).describe('for example pca or ipca; see `ml4t schema <type>` for its configuration'),
  config: z.record(z.string(), z.unknown()).default({}),
  forecaster: z
    .strictObject({ type: z.string().min(1), config: z.record(z.string(), z.unknown()).default({}) })
    .optional()
    .describe('what forecasts the factor premia; expanding-mean where absent'),
  preSpecifiedFactors: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('of ipca: factors of data.preSpecifiedFactors beside the latent ones; with nFactors: 0 instead of them'),
  sweep: z
    .record(z.string(), z.array(z.unknown()).min(1))
    .optional()
    .describe('values to try for keys of config; several keys are crossed'),
});

const splitSchema = z.strictObject({
  scheme: z.enum(['expanding', 'rolling']).default('expanding'),
  initialTrain: z.int().min(1).describe('training dates of the first fold, of every fold when rolling'),
  testSize: z.int().min(1).describe('dates predicted with one fit'),
  step: z.int().min(1).optional().describe('dates between fits; testSize where absent'),
  validationSize: z.int().min(0).default(0).describe('dates between training and test to choose a checkpoint by'),
  purge: z
    .int()
    .min(0)
    .optional()
    .describe(
      'dates left out before each validation and test window; as many as data.returns needs to be known where absent',
    ),
  allowOverlap: z
    .boolean()
    .default(false)
    .describe('accept a purge with which returns of training dates reach into the test dates'),
  embargo: z.int().min(0).default(0).describe('more dates left out at the same place, as a margin'),
  maxTrain: z.int().min(1).optional().describe('longest training window of the expanding scheme'),
});

const evaluationSchema = z.strictObject({
  quantiles: z.int().min(2).default(10).describe('portfolios that assets are sorted into by forecast: 5 for quintiles'),
  ties: z
    .enum(['together', 'split'])
    .default('together')
    .describe('equal forecasts: in one quantile together, or in equal parts in all that they reach into'),
});

export const outputFormats = ['parquet', 'csv', 'csv.gz'] as const;

const outputsSchema = z.strictObject({
  directory: z.string().min(1).default('results'),
  format: z.enum(outputFormats).default('parquet'),
  csv: z
    .strictObject({ formulas: z.enum(['escape', 'keep']).default('escape') })
    .optional()
    .describe('of CSV files: text that a spreadsheet would take for a formula gets an apostrophe in front, or is kept'),
  importance: z
    .boolean()
    .default(true)
    .describe('importance of each characteristic in the last fold: one more prediction for each of them'),
  report: z.boolean().default(true).describe('write report.html beside the other files'),
});

/** An experiment: models compared on the same data and the same walk-forward splits. */
export const experimentSchema = z.strictObject({
  title: z.string().optional(),
  plugins: z
    .array(z.string().min(1))
    .optional()
    .describe('packages with models of their own, by name, or their folders (./my-model)'),
  data: dataSchema,
  preprocessing: preprocessingSchema.default([]),
  models: z.array(modelSchema).min(1),
  split: splitSchema,
  evaluation: evaluationSchema.prefault({}),
  outputs: outputsSchema.prefault({}),
});

export type Experiment = Readonly<z.output<typeof experimentSchema>>;
export type Evaluation = Experiment['evaluation'];
export type PreprocessingEntry = Experiment['preprocessing'][number];
export type ModelEntry = Experiment['models'][number];
export type OutputFormat = (typeof outputFormats)[number];

import { findingCodes } from '@ml4t/core';
import * as z from 'zod';

const columnName = z.string().min(1);

const datedColumn = z.strictObject({
  column: columnName.describe('column of returns, as fractions'),
  lag: z
    .int()
    .min(0)
    .describe('0: the return is earned after the date of its row; k: it ends there, and is paired k dates back'),
  horizon: z
    .int()
    .min(1)
    .optional()
    .describe('dates that a return spans: lag where that is 1 or more, else 1; purge, lags and errors come from it'),
  realisationLag: z
    .int()
    .min(1)
    .optional()
    .describe('dates until a return is known, where that is more than lag and horizon say'),
});

/** Where the panel comes from. Paths are relative to the experiment file. */
const dataSchema = z.strictObject({
  source: z.string().min(1).describe('Parquet, CSV, .csv.gz or Arrow file, or a glob, one row per (date, asset)'),
  timestamp: columnName.optional().describe('column of dates; found by its name (date, month, …) where absent'),
  timestampFormat: z
    .enum(['yyyymm', 'yyyymmdd', 'epoch-seconds', 'epoch-milliseconds'])
    .optional()
    .describe('needed when the dates are plain numbers'),
  asset: columnName
    .optional()
    .describe('column of asset identifiers; found by its name (ticker, permno, …) where absent'),
  returns: datedColumn.describe('there is no default for lag: a wrong one is a look-ahead'),
  factorReturns: datedColumn.optional().describe('returns used only to build managed portfolios'),
  characteristics: z.array(columnName).min(1).optional().describe('every other numeric column where absent'),
  exclude: z.array(columnName).min(1).optional().describe('columns that are no characteristics'),
  context: z.array(columnName).min(1).optional().describe('series common to all assets'),
  sort: z.boolean().default(false).describe('sort rows by date instead of refusing unsorted ones'),
  from: columnName.optional().describe('first date to read'),
  to: columnName.optional().describe('last date to read'),
  ignore: z
    .array(z.enum(findingCodes))
    .min(1)
    .optional()
    .describe('findings of `ml4t check` that were looked into and are meant'),
  maxGapDays: z.number().positive().optional().describe('refuse a panel with a longer gap between dates'),
  truth: z
    .strictObject({
      source: z.string().min(1).describe('file with the same (date, asset) rows, as `ml4t simulate` writes it'),
      expectedReturns: columnName.default('expected_return'),
      systematicReturns: columnName.default('systematic_return'),
    })
    .optional()
    .describe('the known truth of simulated data: adds the oracle to the results'),
});

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

export const outputFormats = ['parquet', 'csv', 'csv.gz'] as const;

const outputsSchema = z.strictObject({
  directory: z.string().min(1).default('results'),
  format: z.enum(outputFormats).default('parquet'),
  importance: z
    .boolean()
    .default(true)
    .describe('importance of each characteristic in the last fold: one more prediction for each of them'),
  report: z.boolean().default(true).describe('write report.html beside the other files'),
});

/** An experiment: models compared on the same data and the same walk-forward splits. */
export const experimentSchema = z.strictObject({
  title: z.string().optional(),
  data: dataSchema,
  preprocessing: preprocessingSchema.default([]),
  models: z.array(modelSchema).min(1),
  split: splitSchema,
  outputs: outputsSchema.prefault({}),
});

export type Experiment = Readonly<z.output<typeof experimentSchema>>;
export type PreprocessingEntry = Experiment['preprocessing'][number];
export type ModelEntry = Experiment['models'][number];
export type OutputFormat = (typeof outputFormats)[number];

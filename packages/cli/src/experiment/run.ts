import {
  type FactorModelReport,
  ConfigError,
  PersistentPanelBatch,
  stopReasonRemedies,
  walkForward,
  type CrossSectionBatch,
  type WalkForwardSplit,
} from '@ml4t/core';
import {
  registrationOf,
  type ExperimentBatch,
  type ExperimentEstimator,
  type FamilyPackage,
} from '../families/family.ts';
import { familyOf, familyPackages } from '../families/packages.ts';
import { readData, type ExperimentData } from './data.ts';
import { expandModels, type ModelRun } from './model-runs.ts';
import { prepareSteps } from './preprocessing.ts';
import { outOfSample, testSpan, type ExperimentRecord, type ModelRecord, type OutOfSample } from './record.ts';
import type { Experiment } from './schema.ts';
import { scoreForecasts } from './scores.ts';
import { splitDates } from './splits.ts';

export interface RunHooks {
  readonly signal?: AbortSignal | undefined;
  /** Where the run stands, in one line for a person. */
  readonly progress: (text: string) => void;
  readonly warn: (message: string) => void;
  readonly packages?: readonly FamilyPackage[] | undefined;
}

/** A model's out-of-sample results. */
export interface ModelResult {
  readonly record: ModelRecord;
  readonly nFactors: number | undefined;
  readonly outOfSample: OutOfSample;
  readonly scores: FactorModelReport;
  readonly seconds: number;
}

export interface ExperimentResult {
  readonly data: ExperimentData;
  /** The panel as the models saw it, preprocessed. */
  readonly panel: CrossSectionBatch;
  readonly splits: readonly WalkForwardSplit[];
  readonly models: readonly ModelResult[];
  /** What the truth itself scores on the same rows, for simulated data. */
  readonly oracle: FactorModelReport | undefined;
}

/** A model that is ready to be built for each fold. */
interface PreparedModel {
  readonly run: ModelRun;
  readonly batchKind: 'cross-section' | 'persistent-panel';
  readonly create: () => ExperimentEstimator;
}

/** An experiment with its models found and their configurations checked, before any data are read. */
export interface PreparedExperiment {
  readonly experiment: Experiment;
  readonly models: readonly PreparedModel[];
  readonly steps: ReturnType<typeof prepareSteps>;
}

/** Finds every model's family and checks every configuration. Throws ConfigError, MissingPackageError. */
export async function prepareExperiment(
  experiment: Experiment,
  packages: readonly FamilyPackage[] = familyPackages,
): Promise<PreparedExperiment> {
  const models: PreparedModel[] = [];
  for (const run of expandModels(experiment.models)) {
    const field = `experiment.models[${run.entry}]`;
    const family = await familyOf(run.model.type, `${field}.type`, packages);
    const { batchKind } = registrationOf(family, run.model.type);
    if (batchKind === 'portfolio-sequence') throw notOnPanels(field, run.model.type);
    const create = (): ExperimentEstimator => family.createEstimator(run.model, run.forecaster);
    create();
    models.push({ run, batchKind, create });
  }
  return { experiment, models, steps: prepareSteps(experiment.preprocessing) };
}

/**
 * Reads the panel, walks every model forward over the same splits and scores them on the same rows.
 * Finished folds go into `record` as they come, so that the caller still has them when this throws.
 */
export async function runExperiment(
  { experiment, models, steps }: PreparedExperiment,
  record: ExperimentRecord,
  hooks: RunHooks,
): Promise<ExperimentResult> {
  hooks.progress('reading the panel');
  const data = await readData(experiment.data, hooks);
  const splits = splitDates(data.batch.nDates, experiment.split);
  hooks.progress('preprocessing');
  const panel = steps.reduce((batch, step) => step(batch), data.batch);
  record.panel = panel;
  const batchOf = batches(panel);

  const results: ModelResult[] = [];
  for (const [position, model] of models.entries()) {
    const batch = batchOf(model.batchKind);
    const modelRecord = record.start(model.run, batch.index);
    const warmStarts = model.run.model.config.warmStart === true;
    const prefix = models.length === 1 ? model.run.label : `${model.run.label} (${position + 1} of ${models.length})`;
    await walkForward<ExperimentBatch, Awaited<ReturnType<ExperimentEstimator['predict']>>, ExperimentEstimator>({
      batch,
      splits,
      // A model that asks for warm starts is refitted; any other starts from nothing in every fold.
      create: (_fold, previous) => (warmStarts && previous ? previous : model.create()),
      columns: ({ columns }) => columns,
      signal: hooks.signal,
      onProgress: ({ phase, step, total }) =>
        hooks.progress(`${prefix}: ${phase} ${step}${total === undefined ? '' : ` of ${total}`}`),
      onFold: (fold) => {
        modelRecord.folds.push(fold);
      },
    });
    warnAboutFits(modelRecord, hooks.warn);
    results.push(scoreModel(modelRecord, panel, hooks.warn));
  }
  return { data, panel, splits, models: results, oracle: scoreOracle(panel, data, splits) };
}

function scoreModel(record: ModelRecord, panel: CrossSectionBatch, warn: (message: string) => void): ModelResult {
  const joined = outOfSample(panel, record.modelIndex, record.folds);
  const scores = scoreForecasts(panel, joined, record.folds);
  if (scores.coverage < 1)
    warn(
      `${record.run.label} has no forecast for ${(100 * (1 - scores.coverage)).toFixed(1)} % of the returns; ` +
        'they count as forecasts of zero',
    );
  return {
    record,
    nFactors: record.folds[0]?.prediction.factors?.forecast.nFactors,
    outOfSample: joined,
    scores,
    seconds: record.folds.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

function scoreOracle(
  panel: CrossSectionBatch,
  { truth }: ExperimentData,
  splits: readonly WalkForwardSplit[],
): FactorModelReport | undefined {
  if (!truth) return undefined;
  const span = testSpan(splits);
  const [first, last] = [panel.index.rowOffsets[span.from], panel.index.rowOffsets[span.to]];
  return scoreForecasts(panel, {
    index: panel.index.slice(span.from, span.to),
    span,
    columns: {
      forecast: truth.expectedReturns.subarray(first, last),
      fitted: truth.systematicReturns.subarray(first, last),
    },
    foldOfRow: predictedRows(panel, splits),
  });
}

/** 0 for rows on a test date, -1 for rows between test windows; over the test span. */
function predictedRows(panel: CrossSectionBatch, splits: readonly WalkForwardSplit[]): Int32Array {
  const { rowOffsets } = panel.index;
  const { from, to } = testSpan(splits);
  const rows = new Int32Array(rowOffsets[to] - rowOffsets[from]).fill(-1);
  for (const { test } of splits)
    rows.fill(0, rowOffsets[test.from] - rowOffsets[from], rowOffsets[test.to] - rowOffsets[from]);
  return rows;
}

/** The panel in the form that each kind of model takes, made once. */
function batches(panel: CrossSectionBatch): (kind: 'cross-section' | 'persistent-panel') => ExperimentBatch {
  let persistent: PersistentPanelBatch | undefined;
  return (kind) => (kind === 'cross-section' ? panel : (persistent ??= PersistentPanelBatch.fromCrossSection(panel)));
}

/** One warning for each thing to know about a model's fits, with the folds that it concerns. */
function warnAboutFits({ run, folds }: ModelRecord, warn: (message: string) => void): void {
  const concerned = new Map<string, number[]>();
  const add = (message: string, fold: number): void => {
    concerned.set(message, [...(concerned.get(message) ?? []), fold + 1]);
  };
  for (const { fold, summary } of folds) {
    for (const note of summary.notes) add(note, fold);
    if (!summary.converged)
      add(`stopped without converging (${summary.stopReason}). ${stopReasonRemedies[summary.stopReason]}`, fold);
  }
  for (const [message, numbers] of concerned)
    warn(
      numbers.length === folds.length
        ? `${run.label}: ${message}`
        : `${run.label}, fold${numbers.length > 1 ? 's' : ''} ${numbers.join(', ')} of ${folds.length}: ${message}`,
    );
}

function notOnPanels(field: string, type: string): ConfigError {
  return new ConfigError({
    field: `${field}.type`,
    expected: 'a model of asset returns',
    found: `${type}, which trains on portfolio sequences`,
    remedy: 'Choose a model that predicts panel rows.',
  });
}

import {
  PanelIndex,
  describeProgress,
  stopReasonRemedies,
  type CrossSectionBatch,
  type FactorModelReport,
  type PanelFinding,
  type WalkForwardSplit,
} from '@ml4t/core';
import { arithmeticsOf, type EngineChoice } from '@ml4t/core/engine';
import { registrationOf } from '@ml4t/core/experiment';
import type { FamilyPackage } from '../families/packages.ts';
import { familyOf, findFamilies, packageOf } from '../families/packages.ts';
import { readData, type ExperimentData } from './data.ts';
import { doTasks, type TaskRunHooks } from './do-tasks.ts';
import { findingLines, lookAtData, requireNoWarning } from './look.ts';
import { expandModels } from './model-runs.ts';
import { prepareSteps } from './preprocessing.ts';
import {
  nFactorsOf,
  outOfSample,
  testSpan,
  type ExperimentRecord,
  type ModelRecord,
  type OutOfSample,
} from './record.ts';
import type { Evaluation, Experiment } from './schema.ts';
import { scoreForecasts } from './scores.ts';
import { requireKnownFactors } from './pre-specified-factors.ts';
import { splitDates } from './splits.ts';
import { strategyReport, type StrategyReport } from './strategy.ts';
import { experimentTasks, type PreparedModel } from './task-list.ts';

export interface RunHooks extends TaskRunHooks {
  readonly warn: (message: string) => void;
  /** What the look at the panel warns of is an error. */
  readonly strict?: boolean | undefined;
}

/** A model's out-of-sample results. */
export interface ModelResult {
  readonly record: ModelRecord;
  readonly nFactors: number | undefined;
  readonly outOfSample: OutOfSample;
  /** Of its forecasts; undefined for a model that gives weights alone. */
  readonly scores: FactorModelReport | undefined;
  readonly strategy: StrategyReport;
  readonly seconds: number;
}

export interface ExperimentResult {
  readonly data: ExperimentData;
  /** What the look at the panel found, before preprocessing. */
  readonly findings: readonly PanelFinding[];
  /** The panel as the models saw it, preprocessed. */
  readonly panel: CrossSectionBatch;
  readonly splits: readonly WalkForwardSplit[];
  readonly models: readonly ModelResult[];
  /** What the truth itself scores on the same rows, for simulated data. */
  readonly oracle: OracleResult | undefined;
}

export interface OracleResult {
  readonly outOfSample: OutOfSample;
  readonly scores: FactorModelReport;
  readonly strategy: StrategyReport;
}

/** An experiment with its models found and their configurations checked, before any data are read. */
export interface PreparedExperiment {
  readonly experiment: Experiment;
  readonly models: readonly PreparedModel[];
  readonly steps: ReturnType<typeof prepareSteps>;
  /** Where workers look for packages. */
  readonly from: readonly string[];
  /** Families from code, which no worker can be given. */
  readonly packages: readonly FamilyPackage[] | undefined;
}

export interface PrepareOptions {
  /** Families from code, instead of those that are installed. */
  readonly packages?: readonly FamilyPackage[] | undefined;
  /** Folders of projects whose dependencies may have models; this process's where absent. */
  readonly from?: readonly string[] | undefined;
}

/** What the engine that a configuration asks for computes with here, as far as bits depend on it. */
async function arithmeticOf(config: object = {}): Promise<string | undefined> {
  const { engine } = config as { readonly engine?: unknown };
  return typeof engine === 'string' ? (await arithmeticsOf(engine as EngineChoice)).join(', ') : undefined;
}

/** Finds every model's family and checks every configuration. Throws ConfigError, MissingPackageError. */
export async function prepareExperiment(
  experiment: Experiment,
  { packages: given, from = [process.cwd()] }: PrepareOptions = {},
): Promise<PreparedExperiment> {
  const packages = given ?? findFamilies({ plugins: experiment.plugins, from });
  const models: PreparedModel[] = [];
  for (const run of expandModels(experiment.models)) {
    const field = `experiment.models[${run.entry}].type`;
    const home = packageOf(run.model.type, field, packages);
    const family = await familyOf(run.model.type, field, packages);
    const registration = registrationOf(family, run.model.type);
    requireKnownFactors(run, experiment.data.preSpecifiedFactors);
    const { configs } = family.createEstimator(run.model, run.forecaster);
    // Models on windows make them themselves from the panel's rows.
    const batchKind = registration.batchKind === 'persistent-panel' ? 'persistent-panel' : 'cross-section';
    const ensembleSize = registration.ensembleSize?.(run.model.config) ?? 1;
    const chainsFolds = registration.chainsFolds?.(run.model.config) ?? false;
    const arithmetic = await arithmeticOf(configs?.model);
    models.push({ run, configs, arithmetic, batchKind, family: home, ensembleSize, chainsFolds });
  }
  return { experiment, models, steps: prepareSteps(experiment.preprocessing), from, packages: given };
}

/**
 * Reads the panel, walks every model forward over the same splits and scores them on the same rows. Folds that an
 * earlier run left in the work area are not done again. Finished folds go into `record` as they come, so that the caller
 * still has them when this throws.
 */
export async function runExperiment(
  prepared: PreparedExperiment,
  record: ExperimentRecord,
  hooks: RunHooks,
): Promise<ExperimentResult> {
  const { experiment, models, steps } = prepared;
  const note = (text: string): void => hooks.onEvent?.({ kind: 'note', text });
  note('reading the panel');
  const data = await readData(experiment.data, {
    signal: hooks.signal,
    warn: hooks.warn,
    onProgress: (progress) => note(describeProgress(progress)),
  });
  const splits = splitDates(data.batch, experiment.split);
  const findings = lookAtData(experiment, data.batch);
  if (hooks.strict) requireNoWarning(findings);
  // Notes are true of many honest panels: `ml4t check` shows them, and the summary keeps them.
  for (const line of findingLines(findings.filter(({ severity }) => severity === 'warning'))) hooks.warn(line);
  note('preprocessing');
  const panel = steps.reduce((batch, step) => step(batch), data.batch);
  record.start(
    panel,
    models.map(({ run, batchKind }) => ({
      run,
      modelIndex: batchKind === 'persistent-panel' ? fullIndex(panel) : panel.index,
    })),
  );
  await doTasks(experimentTasks(experiment, models, panel, splits), panel, record, prepared, hooks);
  const results = record.models.map((model) => {
    warnAboutFits(model, hooks.warn);
    const result = scoreModel(model, panel, experiment.evaluation, hooks.warn);
    // What is simulated may be as predictable as its truth.
    if (!data.truth) warnIfTooGood(result, hooks.warn);
    return result;
  });
  return {
    data,
    findings,
    panel,
    splits,
    models: results,
    oracle: scoreOracle(panel, data, splits, experiment.evaluation),
  };
}

/** The rows of the persistent panel that is made of this one: every cell of T x N. */
function fullIndex({ timestamps, assetIds }: CrossSectionBatch): PanelIndex {
  return PanelIndex.full(timestamps, assetIds);
}

function scoreModel(
  record: ModelRecord,
  panel: CrossSectionBatch,
  evaluation: Evaluation,
  warn: (message: string) => void,
): ModelResult {
  const joined = outOfSample(panel, record.modelIndex, record.folds);
  const scores = joined.columns.forecast && scoreForecasts(panel, joined, evaluation, record.folds);
  if (scores && scores.coverage < 1)
    warn(
      `${record.run.label} has no forecast for ${(100 * (1 - scores.coverage)).toFixed(1)} % of the returns; ` +
        'they count as forecasts of zero',
    );
  return {
    record,
    nFactors: nFactorsOf(record),
    outOfSample: joined,
    scores,
    strategy: strategyReport(panel, joined, evaluation),
    seconds: record.folds.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

function scoreOracle(
  panel: CrossSectionBatch,
  { truth }: ExperimentData,
  splits: readonly WalkForwardSplit[],
  evaluation: Evaluation,
): OracleResult | undefined {
  if (!truth) return undefined;
  const span = testSpan(splits);
  const [first, last] = [panel.index.rowOffsets[span.from], panel.index.rowOffsets[span.to]];
  const known: OutOfSample = {
    index: panel.index.slice(span.from, span.to),
    span,
    columns: {
      forecast: truth.expectedReturns.subarray(first, last),
      fitted: truth.systematicReturns.subarray(first, last),
    },
    foldOfRow: rowsOnTestDates(panel, splits),
  };
  return {
    outOfSample: known,
    scores: scoreForecasts(panel, known, evaluation),
    strategy: strategyReport(panel, known, evaluation),
  };
}

/** 0 for rows on a test date, -1 for rows between test windows; over the test span. */
function rowsOnTestDates(panel: CrossSectionBatch, splits: readonly WalkForwardSplit[]): Int32Array {
  const { rowOffsets } = panel.index;
  const { from, to } = testSpan(splits);
  const rows = new Int32Array(rowOffsets[to] - rowOffsets[from]).fill(-1);
  for (const { test } of splits)
    rows.fill(0, rowOffsets[test.from] - rowOffsets[from], rowOffsets[test.to] - rowOffsets[from]);
  return rows;
}

/** No forecast known beforehand ranks assets so well: the best of the literature reach .1. */
const IMPLAUSIBLE_IC = 0.3;

function warnIfTooGood({ record, scores }: ModelResult, warn: (message: string) => void): void {
  if (!scores || !(scores.rankIC > IMPLAUSIBLE_IC)) return;
  warn(
    `${record.run.label}: a rank IC of ${scores.rankIC.toFixed(2)} is too good to be true; look for a characteristic that knows the ` +
      'return (ml4t check), a wrong lag, or overlapping returns',
  );
}

/** One warning for each thing to know about a model's fits, with the folds that it concerns. */
function warnAboutFits({ run, folds }: ModelRecord, warn: (message: string) => void): void {
  const concerned = new Map<string, number[]>();
  const add = (message: string, fold: number): void => {
    concerned.set(message, [...(concerned.get(message) ?? []), fold + 1]);
  };
  for (const { fold, summary, prediction } of folds) {
    for (const note of [...summary.notes, ...(prediction.notes ?? [])]) add(note, fold);
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

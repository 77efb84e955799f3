import { availableParallelism } from 'node:os';
import {
  PanelIndex,
  stopReasonRemedies,
  type CrossSectionBatch,
  type FactorModelReport,
  type Progress,
  type WalkForwardSplit,
} from '@ml4t/core';
import type { TaskExecutor } from '../executor/executor.ts';
import { InProcessExecutor } from '../executor/in-process.ts';
import { registrationOf, type FamilyPackage } from '../families/family.ts';
import { familyOf, familyPackages, packageOf } from '../families/packages.ts';
import type { ProgressSink } from '../terminal/progress.ts';
import { readData, type ExperimentData } from './data.ts';
import type { FoldTask } from './fold-task.ts';
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
import { runTasks } from './schedule.ts';
import type { Experiment } from './schema.ts';
import { scoreForecasts } from './scores.ts';
import { splitDates } from './splits.ts';
import { strategyReport, type StrategyReport } from './strategy.ts';
import { experimentTasks, type PreparedModel } from './tasks.ts';
import type { WorkArea } from './work-area.ts';

export interface RunHooks {
  readonly signal?: AbortSignal | undefined;
  readonly progress: ProgressSink;
  readonly warn: (message: string) => void;
  /** Something that is no warning, for a person: that a run goes on where another stopped. */
  readonly tell: (message: string) => void;
  readonly packages?: readonly FamilyPackage[] | undefined;
  /** Worker threads; the processors at hand where absent. One, or one task, runs in this process. */
  readonly workers?: number | undefined;
  readonly work: WorkArea;
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
}

/** Finds every model's family and checks every configuration. Throws ConfigError, MissingPackageError. */
export async function prepareExperiment(
  experiment: Experiment,
  packages: readonly FamilyPackage[] = familyPackages,
): Promise<PreparedExperiment> {
  const models: PreparedModel[] = [];
  for (const run of expandModels(experiment.models)) {
    const field = `experiment.models[${run.entry}].type`;
    const { packageName } = packageOf(run.model.type, field, packages);
    const family = await familyOf(run.model.type, field, packages);
    const { batchKind } = registrationOf(family, run.model.type);
    family.createEstimator(run.model, run.forecaster);
    // Models on windows make them themselves from the panel's rows.
    models.push({ run, batchKind: batchKind === 'persistent-panel' ? batchKind : 'cross-section', packageName });
  }
  return { experiment, models, steps: prepareSteps(experiment.preprocessing) };
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
  hooks.progress.note('reading the panel');
  const data = await readData(experiment.data, hooks);
  const splits = splitDates(data.batch.nDates, experiment.split);
  hooks.progress.note('preprocessing');
  const panel = steps.reduce((batch, step) => step(batch), data.batch);
  record.start(
    panel,
    models.map(({ run, batchKind }) => ({
      run,
      modelIndex: batchKind === 'persistent-panel' ? fullIndex(panel) : panel.index,
    })),
  );
  await walkModelsForward(experimentTasks(experiment, models, panel, splits), panel, record, hooks);
  const results = record.models.map((model) => {
    warnAboutFits(model, hooks.warn);
    return scoreModel(model, panel, hooks.warn);
  });
  return { data, panel, splits, models: results, oracle: scoreOracle(panel, data, splits) };
}

/** Brings every task's outcomes into the record, from the work area or by doing it. */
async function walkModelsForward(
  plan: ReturnType<typeof experimentTasks>,
  panel: CrossSectionBatch,
  record: ExperimentRecord,
  hooks: RunHooks,
): Promise<void> {
  const modelOf = new Map(plan.flatMap(({ tasks }, position) => tasks.map((task) => [task, position] as const)));
  const labelOf = (task: FoldTask): string => {
    const { label } = record.models[modelOf.get(task) ?? 0].run;
    return task.folds.length > 1 ? label : `${label} fold ${task.folds[0].fold + 1}`;
  };
  const waiting: FoldTask[] = [];
  for (const task of modelOf.keys()) {
    const outcomes = await hooks.work.read(task);
    if (outcomes) record.add(modelOf.get(task) ?? 0, outcomes);
    else waiting.push(task);
  }
  if (record.nFolds > 0) hooks.tell(`going on from an earlier run: ${record.nFolds} finished fold(s) are kept`);
  if (waiting.length === 0) return;
  const executor = await openExecutor(panel, waiting.length, hooks);
  hooks.progress.start(
    waiting.map((task) => ({ label: labelOf(task), group: record.models[modelOf.get(task) ?? 0].run.label })),
    executor.concurrency,
  );
  const position = new Map(waiting.map((task, at) => [task, at]));
  try {
    await runTasks(waiting, executor, hooks.work, {
      signal: hooks.signal,
      onStart: (task) => hooks.progress.begin(position.get(task) ?? 0),
      onProgress: (task, progress) => hooks.progress.update(position.get(task) ?? 0, describeProgress(progress)),
      onFinished: (task, outcomes) => {
        record.add(modelOf.get(task) ?? 0, outcomes);
        hooks.progress.finish(position.get(task) ?? 0);
      },
    });
  } finally {
    await executor.close();
  }
}

/** Families that a caller brings are functions, which no thread can be given; and TypeScript sources load in no worker. */
async function openExecutor(panel: CrossSectionBatch, nTasks: number, hooks: RunHooks): Promise<TaskExecutor> {
  const threads = Math.min(hooks.workers ?? availableParallelism(), nTasks);
  if (threads <= 1 || hooks.packages || import.meta.url.endsWith('.ts'))
    return new InProcessExecutor(panel, hooks.packages);
  const { WorkerThreadsExecutor } = await import('../executor/worker-threads.ts');
  return new WorkerThreadsExecutor(panel, threads);
}

function describeProgress({ phase, step, total }: Progress): string {
  return `${phase} ${step}${total === undefined ? '' : ` of ${total}`}`;
}

/** The rows of the persistent panel that is made of this one: every cell of T x N. */
function fullIndex({ timestamps, assetIds }: CrossSectionBatch): PanelIndex {
  return PanelIndex.full(timestamps, assetIds);
}

function scoreModel(record: ModelRecord, panel: CrossSectionBatch, warn: (message: string) => void): ModelResult {
  const joined = outOfSample(panel, record.modelIndex, record.folds);
  const scores = joined.columns.forecast && scoreForecasts(panel, joined, record.folds);
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
    strategy: strategyReport(panel, joined),
    seconds: record.folds.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

function scoreOracle(
  panel: CrossSectionBatch,
  { truth }: ExperimentData,
  splits: readonly WalkForwardSplit[],
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
  return { outOfSample: known, scores: scoreForecasts(panel, known), strategy: strategyReport(panel, known) };
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

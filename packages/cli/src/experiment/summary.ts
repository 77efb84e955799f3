import {
  Ml4tError,
  formatTimestamp,
  type CrossSectionBatch,
  type FactorModelReport,
  type PanelFinding,
} from '@ml4t/core';
import type { ErrorJSON } from '@ml4t/core/authoring';
import type { WrittenFile } from '../outputs/ownership.ts';
import { packageVersion } from '../version.ts';
import { nFactorsOf, type ExperimentFold, type ExperimentRecord, type ModelRecord } from './record.ts';
import type { ExperimentResult } from './run.ts';
import { sourceName } from './data-schema.ts';
import type { Experiment } from './schema.ts';
import type { StrategyReport } from './strategy.ts';

/** A report as files hold it: those of earlier versions lack what came later. */
export type StoredReport = Omit<FactorModelReport, 'inference' | 'notes' | 'horizon'> &
  Partial<Pick<FactorModelReport, 'inference' | 'notes' | 'horizon'>>;

/** One model in the summary. Scores are fractions; those that do not apply are absent. */
export interface ModelSummary {
  readonly model: string;
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly forecaster: { readonly type: string; readonly config: Readonly<Record<string, unknown>> } | undefined;
  readonly nFactors: number | undefined;
  readonly seconds: number;
  /** Absent while not all folds are finished, and for a model that gives weights alone. */
  readonly scores?: StoredReport | undefined;
  /** What its weights, or its forecasts' long-short quantiles, earned; absent while not all folds are finished. */
  readonly strategy?: StrategyReport | undefined;
  readonly folds: readonly FoldSummary[];
}

/** One fold in the summary; dates are the first and the last of each range. */
export interface FoldSummary {
  readonly fold: number;
  readonly train: readonly [string, string];
  readonly validation?: readonly [string, string] | undefined;
  readonly test: readonly [string, string];
  readonly seconds: number;
  readonly stopReason: string;
  readonly converged: boolean;
  readonly iterations: number;
  readonly trainMetrics: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly runRecord: unknown;
}

/** What `summary.json` holds and `--json` prints. */
export interface ExperimentSummary {
  readonly status: 'finished' | 'aborted' | 'failed';
  readonly error?: ErrorJSON | { readonly code: 'bug'; readonly message: string } | undefined;
  readonly ml4t: string;
  readonly title: string | undefined;
  readonly data: {
    readonly source: string;
    readonly dates: number;
    readonly assets: number;
    readonly rows: number;
    readonly characteristics: number;
    readonly first: string;
    readonly last: string;
  };
  /** What the truth itself scores, for simulated data. */
  readonly oracle: (StoredReport & { readonly strategy: StrategyReport }) | undefined;
  readonly models: readonly ModelSummary[];
  readonly warnings: readonly string[];
  /** What the look at the panel found, notes included; absent while not all folds are finished. */
  readonly findings?: readonly PanelFinding[] | undefined;
  /** All but the summary itself, with the SHA-256 by which the next run knows its own. */
  readonly files: readonly WrittenFile[];
  readonly experiment: Experiment;
}

/** The summary of a finished run. */
export function summarize(
  experiment: Experiment,
  result: ExperimentResult,
  warnings: readonly string[],
  files: readonly WrittenFile[],
): ExperimentSummary {
  return {
    status: 'finished',
    ...head(experiment, result.panel),
    oracle: result.oracle && { ...result.oracle.scores, strategy: result.oracle.strategy },
    models: result.models.map(({ record, scores, strategy }) =>
      summarizeModel(record, result.panel, { scores, strategy }),
    ),
    warnings,
    findings: result.findings,
    files,
    experiment,
  };
}

/** The summary of a run that did not finish: the folds that did. */
export function summarizePartial(
  experiment: Experiment,
  panel: CrossSectionBatch,
  record: ExperimentRecord,
  error: unknown,
  warnings: readonly string[],
  files: readonly WrittenFile[],
): ExperimentSummary {
  const known = error instanceof Ml4tError;
  return {
    status: known && error.code === 'aborted' ? 'aborted' : 'failed',
    error: known ? error.toJSON() : { code: 'bug', message: String(error) },
    ...head(experiment, panel),
    oracle: undefined,
    models: record.models.map((model) => summarizeModel(model, panel, {})),
    warnings,
    files,
    experiment,
  };
}

function head(experiment: Experiment, panel: CrossSectionBatch): Pick<ExperimentSummary, 'ml4t' | 'title' | 'data'> {
  return {
    ml4t: packageVersion(),
    title: experiment.title,
    data: {
      source: sourceName(experiment.data),
      dates: panel.nDates,
      assets: panel.nAssets,
      rows: panel.nRows,
      characteristics: panel.nCharacteristics,
      first: formatTimestamp(panel.timestamps[0]),
      last: formatTimestamp(panel.timestamps[panel.nDates - 1]),
    },
  };
}

function summarizeModel(
  model: ModelRecord,
  panel: CrossSectionBatch,
  results: Pick<ModelSummary, 'scores' | 'strategy'>,
): ModelSummary {
  const { run, folds } = model;
  return {
    model: run.label,
    type: run.model.type,
    config: run.model.config,
    forecaster: run.forecaster,
    nFactors: nFactorsOf(model),
    seconds: folds.reduce((sum, { seconds }) => sum + seconds, 0),
    ...results,
    folds: folds.map((fold) => summarizeFold(fold, panel)),
  };
}

function summarizeFold({ fold, split, summary, seconds }: ExperimentFold, panel: CrossSectionBatch): FoldSummary {
  const dates = ({ from, to }: { from: number; to: number }): readonly [string, string] => [
    formatTimestamp(panel.timestamps[from]),
    formatTimestamp(panel.timestamps[to - 1]),
  ];
  return {
    fold,
    train: dates(split.train),
    ...(split.validation ? { validation: dates(split.validation) } : {}),
    test: dates(split.test),
    seconds,
    stopReason: summary.stopReason,
    converged: summary.converged,
    iterations: summary.iterations,
    trainMetrics: summary.trainMetrics,
    notes: summary.notes,
    runRecord: summary.runRecord,
  };
}

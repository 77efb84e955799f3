import { longShortDeciles, sharpeRatioInference, type CrossSectionBatch, type HistoryEntry } from '@ml4t/core';
import type { CharacteristicImportance } from './importance.ts';
import { predictedRows, type ExperimentFold, type OutOfSample } from './record.ts';
import type { ExperimentResult } from './run.ts';
import type { Evaluation } from './schema.ts';

/** What the report draws beyond the summary: `diagnostics.json`. Numbers that are not known are null. */
export interface ExperimentDiagnostics {
  /** What results are compared with: its return after each date from the first test date on, null where it is not known. */
  readonly benchmark?:
    { readonly timestamps: readonly number[]; readonly returns: readonly (number | null)[] } | undefined;
  readonly models: readonly ModelDiagnostics[];
  /** Of the truth's own forecasts. */
  readonly oracle?: { readonly deciles: DecileReturns } | undefined;
}

export interface ModelDiagnostics {
  readonly model: string;
  /** Absent for models without forecasts. */
  readonly deciles?: DecileReturns | undefined;
  /** Of each factor over the training dates of the last fold, in that fold's coordinates. */
  readonly factors?:
    | {
        readonly names: readonly string[];
        /** Per period. */
        readonly sharpe: readonly (number | null)[];
        readonly standardErrors: readonly (number | null)[];
        /** 95 % from and to; absent in results of earlier versions. */
        readonly intervals?: readonly (readonly [number | null, number | null])[] | undefined;
        readonly dates: number;
      }
    | undefined;
  /** Training of the last fold; empty for closed forms. */
  readonly learning: readonly LearningCurve[];
  /** Of the last fold's model on its test rows. */
  readonly exposures?:
    | {
        readonly measure: 'correlation' | 'loading';
        readonly rowNames: readonly string[];
        readonly columnNames: readonly string[];
        /** (rows x columns) */
        readonly values: readonly (number | null)[];
      }
    | undefined;
  readonly importance?:
    | {
        readonly score: CharacteristicImportance['score'];
        readonly full: number | null;
        readonly characteristicNames: readonly string[];
        readonly loss: readonly (number | null)[];
      }
    | undefined;
}

/** Equally weighted portfolios of assets sorted by forecast, lowest first. */
export interface DecileReturns {
  readonly timestamps: readonly number[];
  /** (dates x quantiles), earned after each date. */
  readonly returns: readonly (number | null)[];
}

/** One metric of one training run, thinned to what a chart can show. */
export interface LearningCurve {
  /** `loss`, `validationLoss` or `totalR2`. */
  readonly metric: string;
  readonly member: number;
  readonly phase: number;
  /** Epochs or iterations, counted through the phases. */
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** A chart has no more points than this across. */
const MOST_POINTS = 200;

export function diagnose(
  { panel, models, oracle, data: { benchmark }, splits }: ExperimentResult,
  evaluation: Evaluation,
): ExperimentDiagnostics {
  const from = splits[0].test.from;
  return {
    benchmark: benchmark && {
      timestamps: Array.from(panel.timestamps.subarray(from)),
      returns: orNull(benchmark.subarray(from)),
    },
    models: models.map(({ record, outOfSample }) => {
      const last = record.folds[record.folds.length - 1];
      return {
        model: record.run.label,
        deciles: outOfSample.columns.forecast && decileReturns(panel, outOfSample, evaluation),
        factors: factorSharpes(last, panel.returnHorizon),
        learning: learningCurves(last.summary.history),
        exposures: last.exposures && { ...last.exposures, values: orNull(last.exposures.values) },
        importance: last.importance && {
          ...last.importance,
          full: finite(last.importance.full),
          loss: orNull(last.importance.loss),
        },
      };
    }),
    oracle: oracle && { deciles: decileReturns(panel, oracle.outOfSample, evaluation) },
  };
}

function decileReturns(panel: CrossSectionBatch, outOfSample: OutOfSample, evaluation: Evaluation): DecileReturns {
  const { index, columns, returns } = predictedRows(panel, outOfSample);
  const { quantileReturns } = longShortDeciles(index, columns.forecast, returns, evaluation);
  return { timestamps: Array.from(index.timestamps), returns: orNull(quantileReturns) };
}

function factorSharpes({ prediction }: ExperimentFold, horizon: number): ModelDiagnostics['factors'] {
  const { factors, trainingFactors } = prediction;
  if (!factors || !trainingFactors) return undefined;
  const names = factors.forecast.factorNames;
  const k = names.length;
  const ratios = names.map((_, j) =>
    sharpeRatioInference(
      trainingFactors.filter((__, at) => at % k === j),
      { horizon },
    ),
  );
  return {
    names,
    sharpe: ratios.map(({ estimate }) => finite(estimate)),
    standardErrors: ratios.map(({ standardError }) => finite(standardError)),
    intervals: ratios.map(({ confidenceInterval: [low, high] }) => [finite(low), finite(high)]),
    dates: trainingFactors.length / k,
  };
}

function learningCurves(history: readonly HistoryEntry[]): LearningCurve[] {
  const metrics = history.some((entry) => entry.metrics.loss !== undefined) ? ['loss', 'validationLoss'] : ['totalR2'];
  const phases = [...new Set(history.map(({ phase }) => phase))];
  const curves = new Map<
    string,
    { metric: string; member: number; phase: number; steps: number[]; values: number[] }
  >();
  const stepsOf = new Map<number, number>();
  for (const entry of history) {
    const { member = 0 } = entry;
    const phase = phases.indexOf(entry.phase) + 1;
    const step = (stepsOf.get(member) ?? 0) + 1;
    stepsOf.set(member, step);
    // The second phase of a discount factor trains its adversary, on a scale of its own.
    if (entry.phase === 'moment') continue;
    for (const metric of metrics) {
      const value = entry.metrics[metric] as number | undefined;
      if (value === undefined || !Number.isFinite(value)) continue;
      const key = `${metric} ${member} ${phase}`;
      const curve = curves.get(key) ?? { metric, member, phase, steps: [], values: [] };
      curve.steps.push(step);
      curve.values.push(value);
      curves.set(key, curve);
    }
  }
  return [...curves.values()].map((curve) => ({ ...curve, steps: thin(curve.steps), values: thin(curve.values) }));
}

/** Evenly spaced entries, first and last among them. */
function thin(values: readonly number[]): number[] {
  if (values.length <= MOST_POINTS) return [...values];
  return Array.from(
    { length: MOST_POINTS },
    (_, i) => values[Math.round((i * (values.length - 1)) / (MOST_POINTS - 1))],
  );
}

function orNull(values: Float64Array): (number | null)[] {
  return Array.from(values, finite);
}

/** JSON has no NaN. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

import {
  areaUnderCurve,
  logLoss,
  predictiveR2,
  rankInformationCoefficient,
  type AssetSignalResult,
  type PanelIndex,
} from '@ml4t/core';
import { onlyFinite } from '@ml4t/core/authoring';
import { calibrationTable, type CalibrationTable } from './calibration.ts';
import type { SAEConfig } from './config.ts';
import type { SAETargets } from './targets.ts';

export interface Judgement {
  /** Finite numbers only. */
  readonly metrics: Readonly<Record<string, number>>;
  /** One table a label; none in a regression. */
  readonly calibration: readonly CalibrationTable[];
}

/**
 * Predictions against raw targets over the rows where both are known: rank IC and, where predictions are in the targets'
 * unit, uncentred R2 in a regression; AUC, log loss, base rate and calibration error in a classification. With several
 * columns each metric is given per target (`auc.up`) and as the mean.
 */
export function judge(
  index: PanelIndex,
  targets: SAETargets,
  { signals }: AssetSignalResult,
  config: SAEConfig,
): Judgement {
  const c = targets.names.length;
  const column = (values: Float64Array, j: number): Float64Array =>
    c === 1 ? values : Float64Array.from({ length: index.nRows }, (_, row) => values[row * c + j]);
  const calibration: CalibrationTable[] = [];
  const perTarget = targets.names.map((name, j) => {
    const truth = column(targets.values, j);
    const signal = column(signals, j);
    if (config.taskType === 'regression') return regressionMetrics(index, truth, signal, config);
    const table = calibrationTable(name, truth, signal);
    calibration.push(table);
    return classificationMetrics(truth, signal, table);
  });
  const metrics: Record<string, number> = {};
  for (const key of Object.keys(perTarget[0])) {
    let sum = 0;
    perTarget.forEach((values, j) => {
      sum += values[key];
      if (c > 1) metrics[`${key}.${targets.names[j]}`] = values[key];
    });
    metrics[key] = sum / c;
  }
  return { metrics: onlyFinite(metrics), calibration };
}

/** Whether predictions come in the unit of the targets. */
export function inTargetUnit({ taskType, objective, targetScaling }: SAEConfig): boolean {
  if (taskType !== 'regression' || objective === 'rank-ic') return false;
  return targetScaling === 'standardize' || targetScaling === 'none';
}

function regressionMetrics(
  index: PanelIndex,
  truth: Float64Array,
  signal: Float64Array,
  config: SAEConfig,
): Record<string, number> {
  const { mean, standardError } = rankInformationCoefficient(index, signal, truth);
  return {
    rankIC: mean,
    rankICStandardError: standardError,
    ...(inTargetUnit(config) ? { predictiveR2: predictiveR2(truth, signal) } : {}),
  };
}

function classificationMetrics(
  labels: Float64Array,
  probabilities: Float64Array,
  { expectedError }: CalibrationTable,
): Record<string, number> {
  const known = labels.filter((label, i) => label === label && probabilities[i] === probabilities[i]);
  return {
    auc: areaUnderCurve(labels, probabilities),
    logLoss: logLoss(labels, probabilities),
    baseRate: known.reduce((sum, label) => sum + label, 0) / known.length,
    calibrationError: expectedError,
  };
}

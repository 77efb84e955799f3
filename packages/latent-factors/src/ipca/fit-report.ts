import type { FitSummary } from '@ml4t/core';
import { onlyFinite, type EstimationReport } from '@ml4t/core/authoring';
import { linalgBackend } from '@ml4t/core/linalg';
import type { IPCAEstimate } from './alternating-least-squares.ts';
import type { IPCAConfig } from './config.ts';
import { ipcaFitMetrics, type IPCAMetrics } from './fit-metrics.ts';
import type { SufficientStatistics } from './sufficient-statistics.ts';

/** What a finished fit has to tell. */
export interface FinishedFit {
  readonly statistics: SufficientStatistics;
  readonly estimate: IPCAEstimate;
  /** Fewest complete rows with which a date took part. */
  readonly minimumRows: number;
  readonly config: IPCAConfig;
  readonly preSpecifiedNames: readonly string[];
}

/** How a fit ended, in-sample figures, and what took no part. */
export function ipcaReport(fit: FinishedFit): EstimationReport<FitSummary<IPCAMetrics>> {
  const { statistics, estimate, config, preSpecifiedNames } = fit;
  const complete = statistics.counts.reduce((sum, count) => sum + count, 0);
  const rowsUsed = statistics.counts.reduce((sum, count) => sum + (count >= fit.minimumRows ? count : 0), 0);
  const units = config.normalization === 'gamma' ? new Float64Array(statistics.nInstruments).fill(1) : estimate.scales;
  return {
    stopReason: !estimate.converged ? 'max-iterations' : config.nFactors === 0 ? 'closed-form' : 'converged',
    iterations: estimate.iterations,
    trainMetrics: ipcaFitMetrics(statistics, estimate.gamma, estimate.factors, units),
    history: estimate.history.map(({ iteration, ...metrics }) => ({
      phase: 'alternating-least-squares',
      unit: 'iteration',
      step: iteration,
      metrics: onlyFinite({ ...metrics }),
    })),
    notes: fitNotes(fit, complete),
    engine: linalgBackend(),
    dimensions: {
      dates: statistics.nDates,
      rows: statistics.nRows,
      rowsUsed,
      instruments: statistics.nInstruments,
      preSpecifiedFactors: preSpecifiedNames.length,
    },
  };
}

function fitNotes(
  { statistics, estimate: { converged, iterations, movement }, minimumRows, config: { tol } }: FinishedFit,
  complete: number,
): string[] {
  const notes: string[] = [];
  const idle = statistics.counts.filter((count) => count < minimumRows).length;
  const dropped = statistics.nRows - complete;
  if (idle > 0)
    notes.push(`${idle} dates have fewer complete rows than ${minimumRows} (minimumRows) and took no part.`);
  if (dropped > 0) notes.push(`${dropped} rows with a missing characteristic or return took no part.`);
  if (!converged)
    notes.push(
      `Not converged after ${iterations} iterations: the last moved Gamma by ${movement.toExponential(1)}, tol is ${tol}.`,
    );
  return notes;
}

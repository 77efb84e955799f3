import type { CrossSectionBatch } from '../batches/cross-section.ts';
import { DataError } from '../errors.ts';
import type { SortedPortfolioOptions } from '../metrics/sorted-portfolios.ts';
import type { LatentFactorPrediction } from '../results/latent-factors.ts';
import { formatTimestamp } from '../timestamps.ts';
import { alignRows } from './align-rows.ts';
import { factorModelReport, type FactorModelReport, type FoldFactors } from './factor-model-report.ts';
import type { WalkForwardResult } from './walk-forward.ts';

/**
 * The report of a walk-forward of factor pipelines, their factors' tangency portfolios included: what
 * {@link factorModelReport} needs, gathered from the folds.
 *
 * @param panel the rows to be judged, with returns: the batch that was walked, or for models of persistent panels the
 *   cross-section of the same assets and dates
 * @param result of `walkForward` with `latentFactorColumns`
 * Throws DataError when the panel does not have the dates of the walk-forward.
 */
export function latentFactorReport(
  panel: CrossSectionBatch,
  { index, columns, foldOfRow, folds }: WalkForwardResult<LatentFactorPrediction>,
  options: SortedPortfolioOptions = {},
): FactorModelReport {
  const from = panel.timestamps.indexOf(index.timestamps[0]);
  const isSame = from >= 0 && index.timestamps.every((time, t) => time === panel.timestamps[from + t]);
  if (!isSame)
    throw new DataError({
      field: 'panel',
      expected: `every date from ${formatTimestamp(index.timestamps[0])} to ${formatTimestamp(index.timestamps[index.nDates - 1])}, as walked`,
      found: from < 0 ? 'no such date' : 'other dates',
      remedy: 'Pass the panel that was walked forward, whole.',
    });
  const span = panel.slice(from, from + index.nDates);
  const onSpan = (values: Float64Array): Float64Array => alignRows(index, values, span.index);
  const factors = folds.map(({ prediction }): FoldFactors | undefined => {
    const { state, trainingFactorReturns: training } = prediction;
    const { nFactors, nMembers, factorReturns } = state;
    return training && { nFactors, nMembers, training, realised: factorReturns };
  });
  const known = factors.filter((each) => each !== undefined);
  return factorModelReport(
    {
      panel: span,
      forecast: onSpan(columns.forecast),
      fitted: onSpan(columns.fitted),
      // A row that the model's index does not have is judged with its date: the model is silent on it.
      foldOfRow: foldOfDates(index.rowOffsets, foldOfRow, span.index.rowOffsets),
      ...(known.length === factors.length ? { folds: known } : {}),
    },
    options,
  );
}

/** The fold of every row of the target: that of its date, -1 for dates that no fold predicted. */
function foldOfDates(sourceOffsets: Int32Array, foldOfRow: Int32Array, targetOffsets: Int32Array): Int32Array {
  const nDates = targetOffsets.length - 1;
  const out = new Int32Array(targetOffsets[nDates]).fill(-1);
  for (let t = 0; t < nDates; t++)
    if (sourceOffsets[t] < sourceOffsets[t + 1])
      out.fill(foldOfRow[sourceOffsets[t]], targetOffsets[t], targetOffsets[t + 1]);
  return out;
}

import { Random, rankInformationCoefficient, sharpeRatio, totalR2, type CrossSectionBatch } from '@ml4t/core';
import type { RowColumns } from '@ml4t/core/authoring';
import type { ExperimentEstimator } from '@ml4t/core/experiment';

/** How much of a score is owed to each characteristic. */
export interface CharacteristicImportance {
  /** `total-r2` of models with factors, `rank-ic` of other forecasts, `sharpe` of portfolio weights. */
  readonly score: 'total-r2' | 'rank-ic' | 'sharpe';
  readonly characteristicNames: readonly string[];
  /** (P): fall of the score on the test dates when the values of a characteristic are shuffled within each date. */
  readonly loss: Float64Array;
  /** With all characteristics in place. */
  readonly full: number;
}

/**
 * Permutation importance on a test batch: each characteristic in turn is given to other assets of the same date, the fitted
 * model predicts again, and the fall of its score is what it owes to that characteristic.
 *
 * Shuffling keeps each date's distribution, so unlike setting to zero it means the same for raw values and for ranks.
 * Source: Breiman (2001), section 10; Fisher, Rudin and Dominici (2019).
 */
export async function characteristicImportance(
  estimator: ExperimentEstimator,
  batch: CrossSectionBatch,
  columns: RowColumns,
  onProgress: (step: number, total: number) => void,
): Promise<CharacteristicImportance> {
  const { nCharacteristics: p, characteristicNames } = batch;
  const full = scoreOf(batch, columns);
  const loss = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    const { columns: shuffled } = await estimator.predict(shuffle(batch, j));
    loss[j] = full.value - scoreOf(batch, shuffled).value;
    onProgress(j + 1, p);
  }
  return { score: full.score, characteristicNames, loss, full: full.value };
}

function scoreOf(
  batch: CrossSectionBatch,
  { forecast, fitted, weight }: RowColumns,
): { readonly score: CharacteristicImportance['score']; readonly value: number } {
  const returns = batch.requireReturns('importance');
  if (fitted)
    return {
      score: 'total-r2',
      value: totalR2(
        returns,
        fitted.map((value) => (Number.isNaN(value) ? 0 : value)),
      ),
    };
  if (forecast) return { score: 'rank-ic', value: rankInformationCoefficient(batch.index, forecast, returns).mean };
  const { rowOffsets } = batch.index;
  const byDate = Float64Array.from({ length: batch.nDates }, (_, t) => {
    let sum = 0;
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) sum += weight[row] * returns[row] || 0;
    return sum;
  });
  return { score: 'sharpe', value: sharpeRatio(byDate) };
}

/** The batch with column j shuffled within each date, by a seed of the column's own. */
function shuffle(batch: CrossSectionBatch, column: number): CrossSectionBatch {
  const { index, nCharacteristics: p } = batch;
  const random = new Random(column);
  const characteristics = Float64Array.from(batch.characteristics);
  for (let t = 0; t < index.nDates; t++) {
    const first = index.rowOffsets[t];
    const order = random.permutation(index.rowOffsets[t + 1] - first);
    order.forEach((from, i) => {
      characteristics[(first + i) * p + column] = batch.characteristics[(first + from) * p + column];
    });
  }
  return batch.withCharacteristics(characteristics);
}

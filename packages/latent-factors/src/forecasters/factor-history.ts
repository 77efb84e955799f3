import { DataError, type LatentFactorState } from '@ml4t/core';

/** Factor returns by date. */
export interface FactorHistory {
  /** (H), strictly increasing. */
  readonly timestamps: Float64Array;
  /** (H x K); NaN for not known. */
  readonly factorReturns: Float64Array;
  readonly nFactors: number;
}

/** The factor returns of a state. */
export function historyOf(state: LatentFactorState): FactorHistory {
  return { timestamps: state.index.timestamps, factorReturns: state.factorReturns, nFactors: state.nFactors };
}

/**
 * Joins two histories by date. On a date that both know, the first one's values stay: they are the fit's own.
 * Throws DataError when the number of factors differs.
 */
export function joinHistories(first: FactorHistory, second: FactorHistory): FactorHistory {
  const k = first.nFactors;
  if (second.nFactors !== k)
    throw new DataError({
      field: 'state.nFactors',
      expected: `${k}, as in the fit`,
      found: String(second.nFactors),
      remedy: 'Pass a state of the model that the forecaster was fitted on.',
    });
  const timestamps: number[] = [];
  const values: number[] = [];
  let a = 0;
  let b = 0;
  const take = (history: FactorHistory, t: number): void => {
    timestamps.push(history.timestamps[t]);
    for (let j = 0; j < k; j++) values.push(history.factorReturns[t * k + j]);
  };
  while (a < first.timestamps.length || b < second.timestamps.length) {
    const [x, y] = [first.timestamps[a] ?? Number.POSITIVE_INFINITY, second.timestamps[b] ?? Number.POSITIVE_INFINITY];
    if (x <= y) {
      take(first, a++);
      if (x === y) b++;
    } else take(second, b++);
  }
  return { timestamps: Float64Array.from(timestamps), factorReturns: Float64Array.from(values), nFactors: k };
}

/**
 * For each target date, the calendar position of the last date whose factor return was realised by then: the return dated
 * s is earned over the `realisationLag` dates after s. -1 where there is none. The calendar contains the targets.
 */
export function lastRealised(calendar: Float64Array, targets: Float64Array, realisationLag: number): Int32Array {
  const last = new Int32Array(targets.length);
  let position = 0;
  for (let t = 0; t < targets.length; t++) {
    while (calendar[position] < targets[t]) position++;
    last[t] = Math.max(position - realisationLag, -1);
  }
  return last;
}

import { DataError, type LatentFactorState } from '@ml4t/core';

/** Factor returns on a calendar, and how far each date may look back. */
export interface RealisedHistory {
  /** (H), strictly increasing: dates whose factor returns may be used. */
  readonly timestamps: Float64Array;
  /** (H x K); NaN for not known. */
  readonly factorReturns: Float64Array;
  readonly nFactors: number;
}

/** The factor returns of a state as a history. */
export function historyOf(state: LatentFactorState): RealisedHistory {
  return { timestamps: state.index.timestamps, factorReturns: state.factorReturns, nFactors: state.nFactors };
}

/**
 * Joins two histories by date. On a date that both know, the first one's values stay: they are the fit's own.
 * Throws DataError when the number of factors differs.
 */
export function joinHistories(first: RealisedHistory, second: RealisedHistory): RealisedHistory {
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
  const take = (history: RealisedHistory, t: number): void => {
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
 * For each target date, how many entries of the history were realised by then. The factor return dated s is earned over
 * the `realisationLag` dates after s, so it is known on date t when at least that many dates of the joint calendar
 * lie after s, up to and including t.
 */
export function knownEntries(
  history: RealisedHistory,
  targets: Float64Array,
  calendar: Float64Array,
  realisationLag: number,
): Int32Array {
  const known = new Int32Array(targets.length);
  let onCalendar = 0;
  let inHistory = 0;
  for (let t = 0; t < targets.length; t++) {
    while (onCalendar < calendar.length && calendar[onCalendar] <= targets[t]) onCalendar++;
    // The latest date s with `realisationLag` calendar dates in (s, t].
    const latest = onCalendar - 1 - realisationLag;
    while (latest >= 0 && inHistory < history.timestamps.length && history.timestamps[inHistory] <= calendar[latest])
      inHistory++;
    known[t] = inHistory;
  }
  return known;
}

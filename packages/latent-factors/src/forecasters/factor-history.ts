import { DataError, type LatentFactorState } from '@ml4t/core';
import { periodsFromStart, type ReturnTiming } from '@ml4t/core/authoring';

/** Factor returns by date, and what is known of the dates between. */
export interface FactorHistory {
  /** (H), strictly increasing. */
  readonly timestamps: Float64Array;
  /** (H x K); NaN for not known. */
  readonly factorReturns: Float64Array;
  readonly nFactors: number;
  /** Dates of the panel, those of the history among them: they tell how far apart two parts of it are. */
  readonly calendar: Float64Array;
  /** Of the returns that the factors are made of; undefined where nothing is known of it. */
  readonly timing: ReturnTiming | undefined;
}

/** The factor returns of a state. */
export function historyOf(state: LatentFactorState): FactorHistory {
  const { index, factorReturns, nFactors, timing } = state;
  return { timestamps: index.timestamps, factorReturns, nFactors, calendar: index.calendar, timing };
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
  const timestamps = unionOfDates(first.timestamps, second.timestamps);
  const factorReturns = new Float64Array(timestamps.length * k);
  const copy = ({ timestamps: dates, factorReturns: values }: FactorHistory): void => {
    let at = 0;
    dates.forEach((date, t) => {
      while (timestamps[at] < date) at++;
      factorReturns.set(values.subarray(t * k, (t + 1) * k), at * k);
    });
  };
  copy(second);
  copy(first);
  const calendar = unionOfDates(first.calendar, second.calendar);
  return { timestamps, factorReturns, nFactors: k, calendar, timing: laterTiming(first.timing, second.timing) };
}

/** Dates of either, once each, in order. */
function unionOfDates(first: Float64Array, second: Float64Array): Float64Array {
  if (first === second) return first;
  const dates = new Float64Array(first.length + second.length);
  let [a, b, n] = [0, 0, 0];
  while (a < first.length || b < second.length) {
    const x = first[a] ?? Number.POSITIVE_INFINITY;
    const y = second[b] ?? Number.POSITIVE_INFINITY;
    dates[n++] = Math.min(x, y);
    if (x <= y) a++;
    if (y <= x) b++;
  }
  return dates.subarray(0, n);
}

/**
 * Where dates lie in time: `position` counts dates of the calendar, which is what realisation is counted in (the return dated
 * s is known `realisationLag` dates of the panel later); `period` counts time, missing dates of the calendar included.
 */
export interface DatePositions {
  readonly position: Float64Array;
  readonly period: Float64Array;
}

/** Positions of some dates of a calendar. */
export function positionsIn(calendar: Float64Array, dates: Float64Array): DatePositions {
  const periods = periodsFromStart(calendar);
  const position = new Float64Array(dates.length);
  const period = new Float64Array(dates.length);
  let at = 0;
  dates.forEach((date, t) => {
    while (calendar[at] < date) at++;
    position[t] = at;
    period[t] = periods[at];
  });
  return { position, period };
}

/** The timing that is safe for both. */
function laterTiming(a: ReturnTiming | undefined, b: ReturnTiming | undefined): ReturnTiming | undefined {
  if (!a || !b) return a ?? b;
  return {
    returnHorizon: Math.max(a.returnHorizon, b.returnHorizon),
    realisationLag: Math.max(a.realisationLag, b.realisationLag),
  };
}

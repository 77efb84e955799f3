import type { PanelIndex } from '../batches/panel-index.ts';
import { meanInference, type Inference } from '../inference/inference.ts';
import { predictiveR2 } from '../metrics/r-squared.ts';
import { sharpeRatioInference } from '../metrics/sharpe-ratio.ts';
import { turnover } from '../metrics/turnover.ts';

/** Figures on dates whose returns share no date: what somebody earns who trades and holds to the end of each return. */
export interface NonOverlappingFigures {
  /** Dates they are over: the first judged one whose returns are known, and each next one that is `horizon` dates or more after the one before. */
  readonly dates: number;
  readonly predictiveR2: number;
  readonly rankIC: Inference;
  readonly longShortMean: Inference;
  /** Sharpe ratio per `horizon` dates. */
  readonly longShortSharpe: Inference;
  /** Mean over these dates, but the first, of the sum of absolute trades, holdings drifting with the returns that they earned. */
  readonly turnover: number;
}

/**
 * Positions among some dates of those whose returns do not overlap: the first, then each next one that lies at least `horizon` dates
 * after the one before.
 *
 * @param dates positions of dates in a panel, increasing
 */
export function nonOverlappingDates(dates: readonly number[], horizon: number): number[] {
  const chosen: number[] = [];
  for (const date of dates) if (chosen.length === 0 || date >= chosen[chosen.length - 1] + horizon) chosen.push(date);
  return chosen;
}

/** What is judged, by date and by row of the panel. */
interface Judged {
  readonly index: PanelIndex;
  /** Positions of the judged dates. */
  readonly dates: readonly number[];
  readonly horizon: number;
  /** (T) */
  readonly rankIC: Float64Array;
  /** (T) */
  readonly longShort: Float64Array;
  /** Weights of the long-short portfolio (R). */
  readonly traded: Float64Array;
  /** (R); NaN where not judged. */
  readonly returns: Float64Array;
  /** (R) */
  readonly expected: Float64Array;
}

/** The figures of a report again on dates whose returns do not overlap, where every one of them counts as if it were alone. */
export function nonOverlappingFigures(judged: Judged): NonOverlappingFigures {
  const { index, dates, horizon, rankIC, longShort, traded, returns, expected } = judged;
  const rowsOf = (t: number): number[] =>
    Array.from({ length: index.rowOffsets[t + 1] - index.rowOffsets[t] }, (_, i) => index.rowOffsets[t] + i);
  const realised = dates.filter((t) => rowsOf(t).some((row) => !Number.isNaN(returns[row])));
  const chosen = nonOverlappingDates(realised, horizon);
  const on = (values: Float64Array): Float64Array => Float64Array.from(chosen, (t) => values[t]);
  const earned = on(longShort).filter((value) => !Number.isNaN(value));
  const rows = chosen.flatMap(rowsOf);
  const ofRows = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]);
  const known = returns.map((value) => (Number.isNaN(value) ? 0 : value));
  return {
    dates: chosen.length,
    predictiveR2: predictiveR2(ofRows(returns), ofRows(expected)),
    rankIC: meanInference(on(rankIC)),
    longShortMean: meanInference(earned),
    longShortSharpe: sharpeRatioInference(earned),
    turnover: turnover(index, traded, known, chosen).mean,
  };
}

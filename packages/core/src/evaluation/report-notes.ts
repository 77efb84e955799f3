import type { CrossSectionBatch } from '../batches/cross-section.ts';
import type { Inference } from '../inference/inference.ts';
import { managedPortfolios, portfolioSizes } from '../metrics/managed-portfolios.ts';
import type { TiesPolicy } from '../metrics/sorted-portfolios.ts';

/** Factors of a member and the shortest span that a tangency portfolio was made from. */
export interface FactorSpans {
  readonly nFactors: number;
  readonly leastTrainingDates: number;
}

/** What the notes of a report are made from. */
export interface ReportFacts {
  readonly judgedDates: number;
  readonly horizon: number;
  readonly rankIC: Inference;
  readonly longShortDates: number;
  readonly smallestLeg: number | null;
  readonly quantiles: number;
  readonly ties: TiesPolicy;
  readonly spans: FactorSpans | undefined;
  readonly judged: CrossSectionBatch;
}

/** Fewer assets than this at an end of the sort are said: a return is then as much of single assets as of the forecast. */
const FEW_ASSETS = 10;
/** Fewer training dates a factor than this are said: with ten the Sharpe ratio in sample is half as large again, or more. */
const FEW_DATES = 10;
/** One portfolio with this share of the squares makes the managed R2 its own. */
const LARGEST_SHARE = 0.9;

/** The largest number of factors of a member, and the fewest training dates, over the folds; undefined without folds. */
export function factorSpans(
  folds: readonly {
    readonly nFactors: number;
    readonly nMembers?: number | undefined;
    readonly training: Float64Array;
  }[],
): FactorSpans | undefined {
  if (folds.length === 0) return undefined;
  return {
    nFactors: Math.max(...folds.map(({ nFactors, nMembers = 1 }) => nFactors / nMembers)),
    leastTrainingDates: Math.min(...folds.map(({ nFactors, training }) => training.length / nFactors)),
  };
}

/** What the data of a report did not bear, in words. */
export function reportNotes(facts: ReportFacts): string[] {
  const { judgedDates, horizon, rankIC, longShortDates, smallestLeg, quantiles, ties, spans } = facts;
  const notes: string[] = [];
  if (Number.isNaN(rankIC.standardError) && rankIC.count > 0)
    notes.push(
      `the rank IC has no standard error: ${dates(rankIC.count)} with one, ` +
        (horizon > 1 ? `of returns over ${horizon} dates, ` : '') +
        'are too few, or it is the same on all of them',
    );
  if (longShortDates < judgedDates)
    notes.push(
      `the long-short portfolio exists on ${longShortDates} of ${dates(judgedDates)}: on the others there were fewer than ` +
        `${quantiles} forecasts, or ` +
        (ties === 'together'
          ? "equal ones left the top or bottom quantile empty (ties: 'split' shares them out between quantiles)"
          : 'all of them were equal'),
    );
  if (smallestLeg !== null && smallestLeg < FEW_ASSETS)
    notes.push(
      `an end of the long-short portfolio has ${Number(smallestLeg.toFixed(1))} ${smallestLeg === 1 ? 'asset' : 'assets'} on some date, ` +
        `fewer than ${FEW_ASSETS}: its return is largely that of single assets; fewer quantiles make larger ends`,
    );
  if (spans && spans.leastTrainingDates < FEW_DATES * spans.nFactors * horizon)
    notes.push(
      `the tangency portfolio of ${spans.nFactors} factors is made from ${dates(spans.leastTrainingDates)} of training` +
        (horizon > 1 ? `, whose returns span ${horizon} dates` : '') +
        ': its Sharpe ratio in sample is far above the true one',
    );
  notes.push(...managedNotes(facts.judged));
  return notes;
}

function managedNotes(judged: CrossSectionBatch): string[] {
  const { names, returns } = managedPortfolios(judged);
  if (names.length < 2) return [];
  const squares = portfolioSizes(returns, names.length).map((size) => size * size || 0);
  const total = squares.reduce((sum, square) => sum + square, 0);
  const largest = squares.reduce((best, square, j) => (square > squares[best] ? j : best), 0);
  if (!(squares[largest] > LARGEST_SHARE * total)) return [];
  return [
    `the R2 of managed portfolios is that of '${names[largest]}' alone, whose units make it ${((100 * squares[largest]) / total).toFixed(0)} % of the ` +
      'sum of squares: rank or standardise the characteristics',
  ];
}

function dates(count: number): string {
  return `${count} ${count === 1 ? 'date' : 'dates'}`;
}

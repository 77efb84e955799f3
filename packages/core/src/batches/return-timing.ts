import { ConfigError, describe } from '../errors.ts';

/**
 * What the dates of a panel say of its returns. Two numbers, because they answer two questions:
 *
 * `returnHorizon`, h: how many dates a return spans. Returns of consecutive dates share h - 1 of them, so that they are
 * correlated whatever the market does: standard errors, annualisation and evaluation without overlap ask for it.
 *
 * `realisationLag`, d >= h: how many dates pass until the return dated t is known, on date t + d. Whatever is used on a date may
 * depend on returns dated d dates earlier and before: premia, splits, holdouts and volatilities ask for it.
 *
 * They differ where a return starts later than its row. The return from t + 1 to t + 2 (a day's delay to trade) spans
 * one date and is known after two: h = 1, d = 2.
 */
export interface ReturnTiming {
  readonly returnHorizon: number;
  readonly realisationLag: number;
}

/** What a caller may state of the timing; the rest follows. */
export interface StatedTiming {
  /** Dates that a return spans: where absent 1, or in the builders `returnLag` where that is more. */
  readonly returnHorizon?: number | undefined;
  /** Dates until a return is known: `returnHorizon` where absent, or in the builders `returnLag`. */
  readonly realisationLag?: number | undefined;
}

/**
 * The timing of returns that start at their row's date, or later as stated.
 * Throws ConfigError for what is no whole number >= 1, and for a return known before it ends.
 */
export function returnTiming({ returnHorizon = 1, realisationLag }: StatedTiming): ReturnTiming {
  requireDates('returnHorizon', returnHorizon);
  const lag = realisationLag ?? returnHorizon;
  requireDates('realisationLag', lag);
  if (lag < returnHorizon)
    throw new ConfigError({
      field: 'realisationLag',
      expected: `at least ${returnHorizon} (returnHorizon): a return is known when it has ended`,
      found: String(lag),
      remedy: 'Leave it out, or state after how many dates a return is known.',
    });
  return { returnHorizon, realisationLag: lag };
}

/**
 * The timing of returns that `alignForwardReturns` pairs with rows by `returnLag`.
 *
 * Lag 0 says nothing of the span: what is stated counts, else one date. Lag k >= 1 says that the return dated t ends on date
 * t + k, so that it is known after k dates: d = k. It may span all of them (h = k, the default: five-day returns are paired five
 * dates back) or start later (h < k, stated: one-day returns with a delay). It cannot span more: a five-day return that
 * is paired one date back had begun four dates before its row, and would be forecast by what it was made of.
 *
 * @throws ConfigError for a horizon above the lag, or numbers that contradict each other
 */
export function pairedReturnTiming(returnLag: number, stated: StatedTiming = {}): ReturnTiming {
  if (returnLag === 0) return returnTiming(stated);
  const returnHorizon = stated.returnHorizon ?? returnLag;
  requireDates('returnHorizon', returnHorizon);
  if (returnHorizon > returnLag)
    throw new ConfigError({
      field: 'returnHorizon',
      expected: `at most ${returnLag}, the returnLag: a return that ends ${returnLag} ${returnLag === 1 ? 'date' : 'dates'} after its row and spans more had begun before it`,
      found: String(returnHorizon),
      remedy: `State returnLag: ${returnHorizon} for returns over ${returnHorizon} dates that end at the date of their column, or 0 where they start there.`,
    });
  const realisationLag = stated.realisationLag ?? returnLag;
  if (realisationLag < returnLag)
    throw new ConfigError({
      field: 'realisationLag',
      expected: `at least ${returnLag}, the returnLag: the return of a row ends so many dates after it`,
      found: String(realisationLag),
      remedy: 'Leave it out, or state a later date for returns that are published with a delay.',
    });
  return returnTiming({ returnHorizon, realisationLag });
}

function requireDates(field: keyof ReturnTiming, value: unknown): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return;
  throw new ConfigError({
    field,
    expected: 'a whole number of dates >= 1',
    found: describe(value),
    remedy:
      'Count dates of the panel: 5 for returns over five trading days on a daily panel, 1 for monthly returns on a monthly one.',
  });
}

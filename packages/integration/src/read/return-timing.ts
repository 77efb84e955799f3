import { ConfigError } from '@ml4t/core';
import { pairedReturnTiming, returnTiming, type ReturnTiming } from '@ml4t/core/authoring';
import type { ColumnRoles } from './column-roles.ts';
import type { DatedColumn } from './source-options.ts';

/**
 * How many dates the returns of a column span, and after how many they are known.
 *
 * @param statedAt names the place of `horizon` or `realisationLag` for a message
 * @throws ConfigError when they contradict the lag or each other
 */
export function datedTiming(
  { lag, horizon, realisationLag }: DatedColumn,
  statedAt: (key: 'horizon' | 'realisationLag') => string,
): ReturnTiming {
  try {
    return pairedReturnTiming(lag, { returnHorizon: horizon, realisationLag });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { field, expected, found, remedy } = error;
    throw new ConfigError({
      field: statedAt(field === 'returnHorizon' ? 'horizon' : 'realisationLag'),
      expected: expected.replace('returnLag', 'lag').replace('returnHorizon', 'horizon'),
      found,
      remedy: remedy.replace('returnLag', 'lag').replace('returnHorizon', 'horizon'),
      cause: error,
    });
  }
}

/** The timing of a batch whose columns have these roles: known when both kinds of returns are. */
export function timingOf({ returns, factorReturns, statedAt }: ColumnRoles): ReturnTiming {
  const of = (role: 'returns' | 'factorReturns', column: DatedColumn | undefined): ReturnTiming | undefined =>
    column && datedTiming(column, (key) => statedAt(`${role}.${key}`));
  const [own, factors] = [of('returns', returns), of('factorReturns', factorReturns)];
  const { returnHorizon, realisationLag } = own ?? factors ?? returnTiming({});
  return { returnHorizon, realisationLag: Math.max(realisationLag, factors?.realisationLag ?? 1) };
}

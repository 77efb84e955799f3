import { ConfigError } from '@ml4t/core';
import { describe, nearestName } from '@ml4t/core/authoring';

const source = ['encoding', 'hivePartitioning', 'decimal', 'thousands', 'percent', 'missingValues', 'signal'];

/** The keys that all readers have in common. */
const commonKeys: readonly string[] = [
  ...source,
  'onProgress',
  'sort',
  'filter',
  'maxGapDays',
  'timeZone',
  'dateFormat',
  'alignDates',
  'returnsIn',
  'emptyColumns',
];

/** The keys of `ReadOptions`. */
export const readOptionKeys: readonly string[] = [...commonKeys, 'join', 'riskFree', 'benchmark'];

/** The keys of `StreamOptions`. */
export const streamOptionKeys: readonly string[] = [...commonKeys, 'datesPerPart', 'rowsPerPart', 'reuseMemory'];

/** The keys of `PortfolioReadOptions`. */
export const portfolioOptionKeys: readonly string[] = [
  ...commonKeys,
  ...['windowLength', 'stride', 'anchor', 'volatility', 'returnDelay', 'returns', 'missingReturns'],
  ...['costs', 'groups', 'trend'],
];

/** Checks the two arguments of a reader. */
export function requireKnownArguments(
  columns: object,
  roles: Iterable<string>,
  options: object,
  optionKeys: readonly string[] = readOptionKeys,
): void {
  const columnKeys = ['metadata', ...roles];
  requireKnownKeys('columns', columns, columnKeys, { keys: optionKeys, argument: 'options, the third argument' });
  requireKnownKeys('options', options, optionKeys, { keys: columnKeys, argument: 'columns, the second argument' });
}

/**
 * Throws ConfigError for a key that nothing reads: JavaScript would leave it without effect.
 *
 * @param elsewhere keys that belong in another argument, and its name
 */
function requireKnownKeys(
  field: string,
  given: object,
  known: readonly string[],
  elsewhere: { readonly keys: readonly string[]; readonly argument: string },
): void {
  for (const [key, value] of Object.entries(given)) {
    if (known.includes(key) || value === undefined) continue;
    const near = nearestName(key, known);
    throw new ConfigError({
      field: `${field}.${key}`,
      expected: `one of ${known.join(', ')}`,
      found: describe(value),
      remedy: elsewhere.keys.includes(key)
        ? `It belongs in the ${elsewhere.argument}.`
        : near === undefined
          ? 'Leave it out.'
          : `Did you mean ${near}?`,
    });
  }
}

import { ConfigError, DataError, describe, throwIfAborted } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import { requireRealisedBefore } from '../splits/realisation-gap.ts';

/** Who asks, which batches it takes (any where absent) and the names of its own options. */
export interface Operation {
  /** What errors are named after: `IPCAModel.fit`. */
  readonly operation: string;
  /** The `kind` of the batch. */
  readonly kind?: string | undefined;
  readonly own?: readonly string[];
}

/**
 * Checks what was passed to a fit as a configuration is checked, before any work: the batch and the validation batch are of the
 * kind that the model takes, the returns of the training dates are known when the validation dates begin, the options are known by name, `signal` is an AbortSignal and `onProgress` a function.
 * @throws DataError for a batch of another kind, ConfigError, AbortedError when the signal has fired
 */
export function requireFitArguments(batch: unknown, options: unknown, who: Operation): void {
  const shared = ['signal', 'onProgress', 'validation', 'allowOverlap'];
  const { onProgress, validation, allowOverlap } = requireOptions(options, shared, who);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new ConfigError({
      field: `${who.operation}: options.onProgress`,
      expected: 'a function',
      found: describe(onProgress),
      remedy: 'Pass a function that takes the progress, or leave it out.',
    });
  requireKind(batch, 'batch', who);
  if (validation === undefined) return;
  requireKind(validation, 'options.validation', who);
  if (allowOverlap !== true) requireRealisedBefore(`${who.operation}: options.validation`, batch, validation);
}

/**
 * The same for what a fitted model is applied to: a batch of its kind, `checkpoint` and `signal`.
 * @throws DataError for a batch of another kind, ConfigError, AbortedError when the signal has fired
 */
export function requirePredictArguments(batch: unknown, options: unknown, who: Operation): void {
  const { checkpoint } = requireOptions(options, ['checkpoint', 'signal'], who);
  if (checkpoint !== undefined && typeof checkpoint !== 'string')
    throw new ConfigError({
      field: `${who.operation}: options.checkpoint`,
      expected: 'the name of a checkpoint',
      found: describe(checkpoint),
      remedy: 'Ask for one by name, or leave it out for the default one.',
    });
  requireKind(batch, 'batch', who);
}

function requireOptions(
  options: unknown,
  shared: readonly string[],
  { operation, own = [] }: Operation,
): Readonly<Record<string, unknown>> {
  const known = [...own, ...shared];
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new ConfigError({
      field: `${operation}: options`,
      expected: 'an object',
      found: describe(options),
      remedy: `Pass an object with any of ${known.join(', ')}, or leave it out.`,
    });
  const key = Object.keys(options).find((each) => !known.includes(each));
  if (key !== undefined) {
    const near = nearestName(key, known);
    throw new ConfigError({
      field: `${operation}: options.${key}`,
      expected: `one of ${known.join(', ')}`,
      found: `the unknown key ${JSON.stringify(key)}`,
      remedy: near === undefined ? 'Remove it or correct its spelling.' : `Did you mean ${near}?`,
    });
  }
  const entries = options as Readonly<Record<string, unknown>>;
  throwIfAborted(entries.signal as AbortSignal | undefined, operation);
  return entries;
}

function requireKind(batch: unknown, field: string, { operation, kind }: Operation): void {
  const found = typeof batch === 'object' && batch !== null && 'kind' in batch ? batch.kind : undefined;
  if (typeof found === 'string' && (kind === undefined || found === kind)) return;
  throw new DataError({
    field: `${operation}: ${field}`,
    expected: `a ${kind === undefined ? '' : `${kind} `}batch`,
    found: typeof found === 'string' ? `a ${found} batch` : describe(batch),
    remedy: 'Build the batch that the model takes from your data: see the batch classes of @ml4t/core.',
  });
}

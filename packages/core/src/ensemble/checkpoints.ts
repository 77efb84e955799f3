import { ConfigError } from '../errors.ts';
import type { TrainingUnit } from './member-weights.ts';

/** The label that a configuration's default checkpoint means. */
export function labelOf(wanted: number | string, unit: TrainingUnit): string {
  return typeof wanted === 'number' ? `${unit}-${wanted}` : wanted;
}

/**
 * The checkpoint that is used when none is asked for: the one wanted, else the first of the `usual` ones that there is. A note says where
 * it is not the one wanted: what training itself decided.
 */
export function chooseCheckpoint(
  wanted: number | string | null,
  available: readonly string[],
  unit: TrainingUnit,
  usual: readonly string[] = ['best', 'last'],
): { readonly checkpoint: string | undefined; readonly notes: string[] } {
  const checkpoint = usual.find((label) => available.includes(label));
  if (wanted === null) return { checkpoint, notes: [] };
  const label = labelOf(wanted, unit);
  if (available.includes(label)) return { checkpoint: label, notes: [] };
  if (checkpoint === undefined) return { checkpoint, notes: [] };
  const reason = label.endsWith('best') ? `no ${unit} could be the best of every member` : 'a member stopped before it';
  return { checkpoint, notes: [`The default checkpoint is ${checkpoint}, not ${label}: ${reason}.`] };
}

/** Throws ConfigError for a checkpoint that was not kept. */
export function requireCheckpoint(checkpoint: string | undefined, kept: readonly string[]): string {
  if (checkpoint !== undefined && kept.includes(checkpoint)) return checkpoint;
  throw new ConfigError({
    field: 'checkpoint',
    expected: `one of ${kept.join(', ')}`,
    found:
      checkpoint === undefined
        ? 'no default: training ended before the phase it belongs to'
        : JSON.stringify(checkpoint),
    remedy: 'Ask for a kept checkpoint by name, or fit with a checkpointInterval or checkpointAt that keep it.',
  });
}

/** Throws ConfigError where the default is to be the best and there is nothing to be best on: that is known before training. */
export function requireValidationForBest(wanted: number | string | null, validated: boolean, owner: string): void {
  if (validated || typeof wanted !== 'string' || !wanted.endsWith('best')) return;
  throw new ConfigError({
    field: `${owner}.defaultCheckpoint`,
    expected: 'a validation to be best on',
    found: `'${wanted}' without one`,
    remedy: 'Pass `validation` to `fit`, or leave defaultCheckpoint out.',
  });
}

import { ConfigError } from '../errors.ts';
import type { MemberWeights, TrainingUnit } from './member-weights.ts';

/** Checkpoints that every member has, in the order of the first member's. Members stop where each of them had to. */
export function commonCheckpoints(members: readonly Pick<MemberWeights, 'checkpoints'>[]): string[] {
  return Object.keys(members[0].checkpoints).filter((name) =>
    members.every(({ checkpoints }) => checkpoints[name] !== undefined),
  );
}

/** The checkpoint that is used when none is asked for, and a note where it is not the one configured. */
export function chooseCheckpoint(
  wanted: number | string | null,
  available: readonly string[],
  unit: TrainingUnit,
): { readonly checkpoint: string; readonly notes: string[] } {
  const usual = available.includes('best') ? 'best' : 'last';
  if (wanted === null) return { checkpoint: usual, notes: [] };
  const name = typeof wanted === 'number' ? `${unit}-${wanted}` : wanted;
  if (available.includes(name)) return { checkpoint: name, notes: [] };
  const reason = name === 'best' ? 'there was no validation' : 'it was not kept, or a member stopped before it';
  return { checkpoint: usual, notes: [`The default checkpoint is ${usual}, not ${name}: ${reason}.`] };
}

/** Throws ConfigError for a checkpoint that was not kept. `fields` are those of the configuration that keep one. */
export function requireCheckpoint(checkpoint: string, kept: readonly string[], fields: string): void {
  if (kept.includes(checkpoint)) return;
  throw new ConfigError({
    field: 'checkpoint',
    expected: `one of ${kept.join(', ')}`,
    found: JSON.stringify(checkpoint),
    remedy: `Ask for a kept checkpoint, or fit with ${fields} that keep it.`,
  });
}

import { ConfigError } from '@ml4t/core';
import type { SAEConfig } from './config.ts';
import type { Member } from './members.ts';

/** Checkpoints that every member has, epochs ascending, then 'last' and 'best'. */
export function commonCheckpoints(members: readonly Member[]): string[] {
  return Object.keys(members[0].checkpoints).filter((name) =>
    members.every(({ checkpoints }) => checkpoints[name] !== undefined),
  );
}

/** The checkpoint that is used when none is asked for, and a note where it is not the one configured. */
export function chooseCheckpoint(
  { defaultCheckpoint: wanted }: SAEConfig,
  available: readonly string[],
): { readonly checkpoint: string; readonly notes: string[] } {
  const usual = available.includes('best') ? 'best' : 'last';
  if (wanted === null) return { checkpoint: usual, notes: [] };
  const name = typeof wanted === 'number' ? `epoch-${wanted}` : wanted;
  if (available.includes(name)) return { checkpoint: name, notes: [] };
  const reason = name === 'best' ? 'there was no validation' : 'a member stopped before it';
  return { checkpoint: usual, notes: [`The default checkpoint is ${usual}, not ${name}: ${reason}.`] };
}

/** Throws ConfigError for a checkpoint that was not kept. */
export function requireCheckpoint(checkpoint: string, kept: readonly string[]): void {
  if (kept.includes(checkpoint)) return;
  throw new ConfigError({
    field: 'checkpoint',
    expected: `one of ${kept.join(', ')}`,
    found: JSON.stringify(checkpoint),
    remedy: 'Ask for a kept checkpoint, or fit with a checkpointInterval or checkpointEpochs that keep it.',
  });
}

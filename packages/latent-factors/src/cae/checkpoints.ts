import { ConfigError } from '@ml4t/core';
import type { CAEConfig } from './config.ts';
import type { Member, MemberSnapshot } from './members.ts';

/**
 * Checkpoints that an ensemble can be asked for: 'best' (every member at its own best epoch by validation), 'last' (every
 * member at its own last), and 'epoch-n' for each kept epoch that *every* member reached.
 */
export function checkpointNames(members: readonly Member[], grid: readonly number[]): string[] {
  const everywhere = grid.filter((epoch) => members.every(({ snapshots }) => epoch in snapshots));
  const best = members.every(({ bestEpoch }) => bestEpoch !== undefined) ? ['best'] : [];
  return [...everywhere.map((epoch) => `epoch-${epoch}`), ...best, 'last'];
}

/** The configured default where there is such a checkpoint, else the best by validation, else the last. */
export function defaultCheckpointOf(config: CAEConfig, names: readonly string[]): string {
  const { defaultCheckpoint: asked } = config;
  const wanted = typeof asked === 'number' ? `epoch-${asked}` : asked;
  if (wanted !== null && names.includes(wanted)) return wanted;
  return names.includes('best') ? 'best' : 'last';
}

/** A member's weights at a checkpoint. Throws ConfigError for a name that is not listed. */
export function snapshotAt(member: Member, checkpoint: string, names: readonly string[]): MemberSnapshot {
  const epoch =
    checkpoint === 'best'
      ? member.bestEpoch
      : checkpoint === 'last'
        ? member.lastEpoch
        : Number(/^epoch-(\d+)$/.exec(checkpoint)?.[1]);
  const snapshot = names.includes(checkpoint) && epoch !== undefined ? member.snapshots[epoch] : undefined;
  if (snapshot) return snapshot;
  throw new ConfigError({
    field: 'checkpoint',
    expected: `one of ${names.join(', ')}`,
    found: JSON.stringify(checkpoint),
    remedy: 'Ask for a checkpoint of this fit, or fit with a grid that contains it.',
  });
}

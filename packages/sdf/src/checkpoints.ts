import { ConfigError } from '@ml4t/core';
import type { Snapshot } from '@ml4t/core/engine';
import type { Checkpoints } from '@ml4t/core/train';

/** The phases that train the SDF network. */
export type SdfPhase = 'unconditional' | 'conditional';

export const sdfPhases: readonly SdfPhase[] = ['unconditional', 'conditional'];

const pattern = /^(unconditional|conditional)\/(epoch-[1-9]\d*|best|last)$/;

export function isCheckpointLabel(text: string): boolean {
  return pattern.test(text);
}

/** A label as it is written here: earlier ones and those of the Python package read 'conditional:512', 'conditional:best' and '128'. */
export function ownLabel(text: string): string {
  return text
    .replace(/^(unconditional|conditional):([1-9]\d*|best|last)$/, '$1/$2')
    .replace(/^((?:un)?conditional\/)?([1-9]\d*)$/, '$1epoch-$2');
}

/** The number in a label of an epoch, of either model of this package. */
export function epochOfLabel(label: string): number | undefined {
  const epoch = /epoch-(\d+)$/.exec(label)?.[1];
  return epoch === undefined ? undefined : Number(epoch);
}

/** States of the SDF network of one member by label: 'conditional/epoch-512', 'conditional/best', 'conditional/last'. */
export type MemberCheckpoints = ReadonlyMap<string, Snapshot>;

/** The labels of one phase of one member, in the order of training. `best` only where a validation chose it. */
export function labelled(phase: SdfPhase, checkpoints: Checkpoints): [string, Snapshot][] {
  const entries = checkpoints.epochs.map((epoch): [string, Snapshot] => [
    `${phase}/epoch-${epoch}`,
    checkpoints.get(epoch),
  ]);
  const { bestEpoch, lastEpoch } = checkpoints;
  if (bestEpoch !== undefined) entries.push([`${phase}/best`, checkpoints.get(bestEpoch)]);
  if (lastEpoch !== undefined) entries.push([`${phase}/last`, checkpoints.get(lastEpoch)]);
  return entries;
}

/** Labels that every member has: members may differ in their best epoch and in where they stopped. */
export function commonLabels(members: readonly Pick<ReadonlySet<string>, 'has' | 'keys'>[]): string[] {
  if (members.length === 0) return [];
  return [...members[0].keys()].filter((label) => members.every((member) => member.has(label)));
}

/**
 * The checkpoint that is used when none is asked for: the configured one, else the best (else the last) of the conditional
 * phase, or of the unconditional phase when the configuration has no conditional one. Undefined when training was
 * aborted before that phase: an unconditional state never stands in for a conditional one.
 */
export function defaultLabel(
  config: { readonly nEpochsCond: number; readonly defaultCheckpoint: string | null },
  labels: readonly string[],
): string | undefined {
  if (config.defaultCheckpoint !== null)
    return labels.includes(config.defaultCheckpoint) ? config.defaultCheckpoint : undefined;
  const phase: SdfPhase = config.nEpochsCond > 0 ? 'conditional' : 'unconditional';
  return [`${phase}/best`, `${phase}/last`].find((label) => labels.includes(label));
}

/** The label asked for, or the default. Throws ConfigError that lists what there is. */
export function resolveLabel(
  asked: string | undefined,
  fallback: string | undefined,
  labels: readonly string[],
): string {
  const wanted = asked ?? fallback;
  const label = wanted === undefined ? undefined : ownLabel(wanted);
  if (label !== undefined && labels.includes(label)) return label;
  throw new ConfigError({
    field: 'checkpoint',
    expected: `one of ${labels.join(', ')}`,
    found: label ?? 'no default: training ended before the phase it belongs to',
    remedy: 'Ask for one of them by name, or train with a checkpoint grid that contains it.',
  });
}

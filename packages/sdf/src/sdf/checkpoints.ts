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

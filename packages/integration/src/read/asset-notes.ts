import type { ReadNote } from './report.ts';

/** An id without what people write differently: case, spaces, leading zeros, and the zero fraction of a number that once was a float. */
const fold = (id: string): string =>
  id
    .trim()
    .toLowerCase()
    .replace(/^0*(\d+)(\.0+)?$/, '$1');

/** A note on ids that differ so little that they may be one asset, whose history would be cut in two. */
export function assetNotes(column: string, ids: readonly string[]): readonly ReadNote[] {
  const spellings = new Map<string, string>();
  const twins: string[] = [];
  for (const id of ids) {
    const key = fold(id);
    const other = spellings.get(key);
    if (other === undefined) spellings.set(key, id);
    else twins.push(`${JSON.stringify(other)} and ${JSON.stringify(id)}`);
  }
  if (twins.length === 0) return [];
  const shown = twins.slice(0, 3).join(', ');
  return [
    {
      code: 'assets-differ-by-spelling',
      columns: [column],
      found: `${twins.length === 1 ? 'two assets' : `${twins.length} pairs of assets`} of ${column} differ only in case, spaces, leading zeros or a zero fraction: ${shown}`,
      remedy: 'If they are one asset, spell its id in one way at the source.',
    },
  ];
}

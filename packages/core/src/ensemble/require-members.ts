import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { DataError } from '../errors.ts';
import type { TrainedMember } from '../models/interfaces.ts';

/** What members have to have in common with the ensemble that they are combined in. */
export type MemberOrigin = Pick<TrainedMember, 'modelType' | 'packageVersion' | 'config' | 'data'>;

/** The members by number. Throws DataError unless each is there once and all are of one origin. */
export function inOrder(members: readonly TrainedMember[], origin: MemberOrigin, size: number): TrainedMember[] {
  for (const trained of members)
    for (const part of ['modelType', 'packageVersion', 'config', 'data'] as const)
      if (!isDeepStrictEqual(asJson(trained[part]), asJson(origin[part]))) {
        const [expected, found] = difference(origin[part], trained[part]);
        throw new DataError({
          field: `members[${members.indexOf(trained)}].${part}`,
          expected,
          found,
          remedy: 'Combine members that were trained by this model, with this configuration, on this batch.',
        });
      }
  const numbers = members.map(({ member }) => member).sort((a, b) => a - b);
  if (numbers.length !== size || numbers.some((member, m) => member !== m))
    throw new DataError({
      field: 'members',
      expected: `each of the members 0 to ${size - 1} once`,
      found: numbers.length === 0 ? 'none' : numbers.join(', '),
      remedy: 'Train the members that are missing.',
    });
  return [...members].sort((a, b) => a.member - b.member);
}

/** SHA-256 of arrays, which ones there are included. */
export function digestOf(arrays: readonly (ArrayBufferView | undefined)[]): string {
  const hash = createHash('sha256');
  for (const array of arrays) {
    hash.update(array ? `${array.byteLength}` : 'none');
    if (array) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.digest('hex');
}

/** What comes back from a file: without properties that are undefined. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The first entries that differ, as text. */
function difference(expected: unknown, found: unknown): [string, string] {
  if (typeof expected !== 'object' || typeof found !== 'object') return [String(expected), String(found)];
  const [ours, theirs] = [expected as Record<string, unknown>, found as Record<string, unknown>];
  const key = Object.keys({ ...ours, ...theirs }).find((name) => !isDeepStrictEqual(ours[name], theirs[name])) ?? '';
  return [`${key} ${JSON.stringify(ours[key])}`, `${key} ${JSON.stringify(theirs[key])}`];
}

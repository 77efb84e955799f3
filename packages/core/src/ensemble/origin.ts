import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { DataError } from '../errors.ts';
import type { TrainedMember } from '../models/interfaces.ts';

/** What members have to have in common with the ensemble that they are combined in. */
export type MemberOrigin = Pick<TrainedMember, 'modelType' | 'packageVersion' | 'config' | 'inputs' | 'arithmetic'>;

const remedies: Readonly<Record<keyof MemberOrigin, string>> = {
  modelType: 'Combine members that this model trained.',
  packageVersion: 'Train all members, and combine them, with one version of the package.',
  config: 'Combine members that were trained with this configuration.',
  inputs: 'Combine members with the batch and the options that they were trained with.',
  arithmetic: "Train and combine on one engine; engine 'embedded-portable' has the same bits on every machine.",
};

/** The members by number. Throws DataError, which names the difference, unless each is there once and all are of one origin. */
export function inOrder(members: readonly TrainedMember[], origin: MemberOrigin, size: number): TrainedMember[] {
  const expected = comparable(origin);
  for (const [m, trained] of members.entries()) {
    const found = comparable(trained);
    for (const part of Object.keys(remedies) as (keyof MemberOrigin)[]) {
      if (isDeepStrictEqual(found[part], expected[part])) continue;
      const [key, ours, theirs] = difference(expected[part], found[part]);
      throw new DataError({
        field: `members[${m}].${part}${key === '' ? '' : `.${key}`}`,
        expected: ours,
        found: theirs,
        remedy: remedies[part],
      });
    }
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

/**
 * SHA-256 of everything in `inputs`, by path: `batch.characteristics`, `batch.index.timestamps`, `sampleWeights`. Two sets of inputs have
 * the same digests when all their arrays, names and numbers are the same; what is undefined, or a function, is not there.
 */
export function digestsOf(inputs: object): Record<string, string> {
  const digests: Record<string, string> = {};
  const add = (path: string, value: unknown): void => {
    if (value === undefined || typeof value === 'function') return;
    if (ArrayBuffer.isView(value)) digests[path] = digestOf(value.constructor.name, value);
    else if (isContainer(value))
      for (const [key, entry] of Object.entries(value)) add(`${path}.${key}`, entry as unknown);
    else digests[path] = digestOf('json', Buffer.from(JSON.stringify(value)));
  };
  for (const [name, value] of Object.entries(inputs)) add(name, value as unknown);
  return digests;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function digestOf(type: string, { buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return createHash('sha256')
    .update(type)
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}

/** As it comes back from a file, without properties that are undefined; and without the threads, on which no result depends. */
function comparable({ modelType, packageVersion, config, inputs, arithmetic }: MemberOrigin): MemberOrigin {
  const parts = { modelType, packageVersion, config: { ...config, threads: undefined }, inputs, arithmetic };
  return JSON.parse(JSON.stringify(parts)) as MemberOrigin;
}

/** Where two values differ first, and what is there on each side, as text. */
function difference(expected: unknown, found: unknown): [key: string, expected: string, found: string] {
  if (!isContainer(expected) || !isContainer(found)) return ['', String(expected), String(found)];
  const [ours, theirs] = [expected as Record<string, unknown>, found as Record<string, unknown>];
  const key = Object.keys({ ...ours, ...theirs }).find((name) => !isDeepStrictEqual(ours[name], theirs[name])) ?? '';
  return [key, JSON.stringify(ours[key]) ?? 'none', JSON.stringify(theirs[key]) ?? 'none'];
}

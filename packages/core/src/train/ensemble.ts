import { throwIfAborted } from '../errors.ts';

/** Trains members one after another, each from its own seed: member m gets seed + m, so member 0 is the single model. */
export async function trainEnsemble<T>(
  options: { readonly members: number; readonly seed: number; readonly signal?: AbortSignal },
  member: (seed: number, number: number) => Promise<T>,
): Promise<T[]> {
  const trained: T[] = [];
  for (let m = 0; m < options.members; m++) {
    throwIfAborted(options.signal, 'trainEnsemble');
    trained.push(await member(options.seed + m, m));
  }
  return trained;
}

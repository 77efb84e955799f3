import { relative, resolve } from 'node:path';

/** `1 fold`, `2 folds`; `plural` where an s is not enough. */
export function counted(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/** A path as it is typed from here: relative below this folder, else absolute. */
export function shownPath(path: string): string {
  const from = relative(process.cwd(), path);
  return from.startsWith('..') ? resolve(path) : from;
}

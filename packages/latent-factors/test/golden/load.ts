import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A golden file of this folder; null stands for NaN in its numbers. */
export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname ?? __dirname, `${name}.json`), 'utf8')) as T;
}

export type Nullable = number | null;

/** Nested numbers flattened in row-major order, null as NaN. */
export function flat(values: unknown): Float64Array {
  const out: number[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else out.push(value === null ? Number.NaN : Number(value));
  };
  walk(values);
  return Float64Array.from(out);
}

/** Days from 2000-01-01, as a calendar for panels that have none. */
export function days(n: number, first = 0): string[] {
  return Array.from({ length: n }, (_, t) => new Date(Date.UTC(2000, 0, 1 + first + t)).toISOString().slice(0, 10));
}

/** Largest absolute difference; NaN must meet NaN. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) !== Number.isNaN(b[i])) return Number.POSITIVE_INFINITY;
    if (!Number.isNaN(a[i])) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  }
  return largest;
}

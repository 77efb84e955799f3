import { ConfigError } from '@ml4t/core';

/** Where a formula stands and what it says, for its errors. */
export interface FormulaText {
  /** What messages call it, for example `features.momentum`. */
  readonly field: string;
  readonly text: string;
}

/**
 * An error that points at a character of a formula.
 * @param at position in the text, from 0; undefined where no one character is to blame
 */
export function formulaError(
  { field, text }: FormulaText,
  at: number | undefined,
  problem: { readonly expected: string; readonly found: string; readonly remedy: string },
): ConfigError {
  const shown = text.length > 120 ? `${text.slice(0, 117)}…` : text;
  const place = at === undefined || at < 0 ? '' : ` at character ${at + 1}`;
  return new ConfigError({ ...problem, field, found: `${problem.found}${place} of ${JSON.stringify(shown)}` });
}

/** Where a name stands as a word of its own. */
export function positionOf(text: string, name: string): number {
  const found = new RegExp(`(?<![A-Za-z0-9_.])${name.replace(/[^A-Za-z0-9_]/g, '\\$&')}(?![A-Za-z0-9_])`).exec(text);
  return found ? found.index : text.indexOf(name);
}

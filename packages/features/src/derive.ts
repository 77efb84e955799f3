import { ConfigError, DataError, PanelIndex, type RunOptions } from '@ml4t/core';
import { nearestName } from '@ml4t/core/authoring';
import { compileFormula, compileFormulas, type CompiledFormula } from './compile.ts';
import { Evaluator } from './evaluate.ts';
import { formulaFunctions } from './formula/functions.ts';
import type { Groups } from './kernels/cross-section.ts';
import { assetLayout, toRows } from './layout.ts';

/** What features are derived from: rows of (date, asset) with columns of numbers, and columns by which assets are grouped. */
export interface FeaturePanel {
  readonly index: PanelIndex;
  /** By name (R each), in the order of the rows; NaN for missing. */
  readonly columns: Readonly<Record<string, ArrayLike<number>>>;
  /** By name (R each): sector, country, exchange; null, undefined and the empty text are no group. */
  readonly groups?: Readonly<Record<string, ArrayLike<string | number | null | undefined>>> | undefined;
}

/**
 * Columns that formulas describe, each (R) in the order of the panel's rows; NaN where one is missing.
 *
 * One rule for what is missing: a formula says something of a row if all that it reads is there. A window counts the rows that
 * its asset has; a row without a value in it makes the windows that reach it missing, and so does a history that is shorter.
 * A date on which an asset has no row does not exist for it: where gaps matter, give windows in days or months, which the
 * calendar bounds. A quotient by zero, a logarithm of what is not positive and whatever is not finite are missing.
 *
 * Nothing reads ahead: the value of a row depends on rows of its asset up to that date, and on rows of that date, alone.
 *
 * @param formulas by name; a later one may use the name of an earlier one
 * @throws ConfigError for a formula that cannot be read; DataError for columns of another length
 */
export async function deriveFeatures(
  panel: FeaturePanel,
  formulas: Readonly<Record<string, string>> | readonly CompiledFormula[],
  options: RunOptions<'features'> = {},
): Promise<Readonly<Record<string, Float64Array>>> {
  const compiled = isCompiled(formulas) ? formulas : await compileFormulas(formulas, scopeOf(panel));
  return evaluateFormulas(panel, compiled, options);
}

/**
 * What is to be predicted, by a formula that may read ahead: `close[+21] / close - 1` is the return over the 21 rows after each.
 * @returns the column (R), and the rows that it reads ahead: the return horizon of a batch that is made of it
 */
export async function deriveTarget(
  panel: FeaturePanel,
  formula: string,
  options: RunOptions<'features'> = {},
): Promise<{ readonly values: Float64Array; readonly horizon: number }> {
  const compiled = await compileFormula(formula, { ...scopeOf(panel), name: 'target', isTarget: true });
  if (compiled.horizon === 0)
    throw new ConfigError({
      field: 'target',
      expected: 'a formula of something later, such as close[+21] / close - 1',
      found: JSON.stringify(formula),
      remedy: 'Write [+n] after the column of n rows later.',
    });
  const { target } = await evaluateFormulas(panel, [compiled], options);
  return { values: target, horizon: compiled.horizon };
}

function scopeOf({ columns, groups = {} }: FeaturePanel): { columns: string[]; groups: string[] } {
  return { columns: Object.keys(columns), groups: Object.keys(groups) };
}

function isCompiled(
  formulas: Readonly<Record<string, string>> | readonly CompiledFormula[],
): formulas is readonly CompiledFormula[] {
  return Array.isArray(formulas);
}

async function evaluateFormulas(
  panel: FeaturePanel,
  formulas: readonly CompiledFormula[],
  { signal, onProgress }: RunOptions<'features'>,
): Promise<Readonly<Record<string, Float64Array>>> {
  requireColumns(panel, formulas);
  const layout = assetLayout(panel.index);
  const groups = new Map<string, Groups>();
  const evaluator = new Evaluator(
    {
      layout,
      column: (name) => panel.columns[name],
      group: (name) => {
        const known = groups.get(name) ?? groupCodes(panel.groups?.[name] ?? []);
        groups.set(name, known);
        return known;
      },
      signal,
    },
    formulas.map(({ expression }) => expression),
  );
  const derived: Record<string, Float64Array> = {};
  for (const [i, { name, expression }] of formulas.entries()) {
    derived[name] = toRows(layout, evaluator.evaluate(expression));
    evaluator.release(expression);
    onProgress?.({
      phase: 'features',
      unit: 'characteristic',
      step: i + 1,
      total: formulas.length,
      fraction: (i + 1) / formulas.length,
    });
    // A caller who watches or aborts gets a turn.
    if (onProgress || signal) await new Promise<void>((turn) => setImmediate(turn));
  }
  return derived;
}

function requireColumns({ index, columns, groups = {} }: FeaturePanel, formulas: readonly CompiledFormula[]): void {
  const lengths = [...Object.entries(columns), ...Object.entries(groups)];
  for (const [name, values] of lengths)
    if (values.length !== index.nRows)
      throw new DataError({
        field: `columns.${name}`,
        expected: `${index.nRows} values, one a row`,
        found: `${values.length}`,
        remedy: 'Pass every column in the order of the rows of the index.',
      });
  for (const { name, columns: read, groups: by } of formulas)
    for (const column of [
      ...read.filter((each) => !Object.hasOwn(columns, each)),
      ...by.filter((each) => !Object.hasOwn(groups, each)),
    ]) {
      const near = nearestName(column, Object.keys(columns));
      throw new DataError({
        field: `features.${name}`,
        expected: `a column ${column}`,
        found: Object.keys(columns).join(', '),
        remedy: near === undefined ? 'Pass the columns that the formula was compiled for.' : `Did you mean ${near}?`,
      });
    }
}

function groupCodes(values: ArrayLike<string | number | null | undefined>): Groups {
  const codes = new Int32Array(values.length);
  const known = new Map<string | number, number>();
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value === null || value === undefined || value === '' || Number.isNaN(value)) {
      codes[row] = -1;
      continue;
    }
    const code = known.get(value) ?? known.size;
    known.set(value, code);
    codes[row] = code;
  }
  return { codes, count: Math.max(1, known.size) };
}

/** Names of the functions that formulas can call, with what each says: for help and for documentation. */
export const formulaFunctionNames: readonly string[] = Object.freeze(Object.keys(formulaFunctions));

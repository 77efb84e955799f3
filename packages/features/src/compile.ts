import type { Expression } from './formula/expression.ts';
import { seriesOf } from './formula/expression.ts';
import { parseFormula } from './formula/parse.ts';

/** How much history a formula needs before the first row that it says something of. */
export interface WarmUp {
  /** Rows of each asset. */
  readonly rows: number;
  /** Days beside them, for calendar windows. */
  readonly days: number;
  /** The whole history, for exponential weights. */
  readonly isUnbounded: boolean;
}

/** A formula that was read and checked. It holds no code: an expression of the allow-list, and what it needs. */
export interface CompiledFormula {
  readonly name: string;
  readonly text: string;
  readonly expression: Expression;
  /** Columns that it reads, sorted. */
  readonly columns: readonly string[];
  /** Columns by which it groups, sorted. */
  readonly groups: readonly string[];
  readonly warmUp: WarmUp;
  /** Rows that it reads ahead; 0 but for a target. */
  readonly horizon: number;
}

export interface CompileOptions {
  /** Columns of numbers that there are. */
  readonly columns: readonly string[];
  /** Columns by which assets can be grouped. */
  readonly groups?: readonly string[] | undefined;
  /** What errors call the formula: `formula` where absent. */
  readonly name?: string | undefined;
  /** Allows `close[+21]`: for what is to be predicted, never for a characteristic. */
  readonly isTarget?: boolean | undefined;
}

/**
 * Reads and checks one formula.
 *
 * @example
 * const momentum = await compileFormula('lag(close, 21) / lag(close, 252) - 1', { columns: ['close'] });
 * momentum.warmUp.rows; // 252
 *
 * @throws ConfigError that points at the character, and names the nearest column or function
 */
export async function compileFormula(text: string, options: CompileOptions): Promise<CompiledFormula> {
  const name = options.name ?? 'formula';
  const expression = await parseFormula(
    { field: name, text },
    { columns: options.columns, groups: options.groups ?? [], allowsLead: options.isTarget === true },
  );
  return describeExpression(name, text, expression);
}

/**
 * Reads formulas that may use each other by name, in the order in which they stand.
 * A formula must not have the name of a column.
 */
export async function compileFormulas(
  formulas: Readonly<Record<string, string>>,
  options: Omit<CompileOptions, 'name'>,
): Promise<readonly CompiledFormula[]> {
  const compiled = new Map<string, CompiledFormula>();
  for (const [name, text] of Object.entries(formulas)) {
    const formula = await compileFormula(text, {
      ...options,
      name: `features.${name}`,
      columns: [...options.columns, ...compiled.keys()],
    });
    const expression = withDefinitions(formula.expression, compiled);
    compiled.set(name, describeExpression(name, text, expression));
  }
  return [...compiled.values()];
}

/** Puts the expressions of earlier formulas in the place of their names. */
function withDefinitions(expression: Expression, known: ReadonlyMap<string, CompiledFormula>): Expression {
  if (expression.kind === 'column') return known.get(expression.name)?.expression ?? expression;
  if (expression.kind === 'number') return expression;
  return { ...expression, series: expression.series.map((part) => withDefinitions(part, known)) };
}

function describeExpression(name: string, text: string, expression: Expression): CompiledFormula {
  const [columns, groups] = [new Set<string>(), new Set<string>()];
  const visit = (part: Expression): void => {
    if (part.kind === 'column') columns.add(part.name);
    if (part.kind === 'cross-section' && part.group !== undefined) groups.add(part.group);
    seriesOf(part).forEach(visit);
  };
  visit(expression);
  return Object.freeze({
    name,
    text,
    expression,
    columns: [...columns].sort(),
    groups: [...groups].sort(),
    warmUp: warmUpOf(expression),
    horizon: horizonOf(expression),
  });
}

function warmUpOf(expression: Expression): WarmUp {
  const parts = seriesOf(expression).map(warmUpOf);
  const deepest = (of: (part: WarmUp) => number): number => parts.reduce((most, part) => Math.max(most, of(part)), 0);
  const inner = {
    rows: deepest(({ rows }) => rows),
    days: deepest(({ days }) => days),
    isUnbounded: parts.some(({ isUnbounded }) => isUnbounded),
  };
  if (expression.kind !== 'moving') return inner;
  const { name, window } = expression;
  if (name === 'ewm' || name === 'ewmstd') return { ...inner, isUnbounded: true };
  if (window.kind === 'days') return { ...inner, days: inner.days + window.count };
  if (window.kind === 'months') return { ...inner, days: inner.days + 31 * window.count };
  const isShift = name === 'lag' || name === 'delta' || name === 'returns';
  return { ...inner, rows: inner.rows + window.count - (isShift ? 0 : 1) };
}

function horizonOf(expression: Expression): number {
  const inner = seriesOf(expression).reduce((most, part) => Math.max(most, horizonOf(part)), 0);
  return expression.kind === 'lead' ? inner + expression.rows : inner;
}

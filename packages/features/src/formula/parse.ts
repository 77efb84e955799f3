import { nearestName } from '@ml4t/core/authoring';
import { formulaError, positionOf, type FormulaText } from './formula-error.ts';
import type { Expression, Window } from './expression.ts';
import { formulaFunctions, signatureText, type Parameter } from './functions.ts';
import { requireHarmless } from './harmless.ts';
import type { ParsedNode } from './mathjs.ts';
import { parseText } from './mathjs.ts';

/** What a formula may refer to. */
export interface FormulaScope {
  /** Columns of numbers. */
  readonly columns: readonly string[];
  /** Columns by which assets are grouped. */
  readonly groups: readonly string[];
  /** `close[+21]`, a value of later: in targets alone. */
  readonly allowsLead: boolean;
}

/** Longest window in rows; a year of minutes is less. */
const LONGEST_WINDOW = 100_000;
const LONGEST_MONTHS = 1200;

const operators: Readonly<Record<string, string>> = {
  add: 'add',
  subtract: 'subtract',
  multiply: 'multiply',
  divide: 'divide',
  pow: 'power',
  unaryMinus: 'negative',
  unaryPlus: 'positive',
  smaller: 'less',
  smallerEq: 'lessEqual',
  larger: 'greater',
  largerEq: 'greaterEqual',
  equal: 'equal',
  unequal: 'unequal',
  and: 'and',
  or: 'or',
  not: 'not',
};

/**
 * The expression that a formula's text means. mathjs reads the text into a tree and nothing more: every node of it is looked up
 * here in an allow-list, and what is not there is an error.
 *
 * @throws ConfigError that points at the character and names the nearest column or function
 */
export async function parseFormula(formula: FormulaText, scope: FormulaScope): Promise<Expression> {
  requireHarmless(formula);
  return new Reader(formula, scope).series(await parseText(formula));
}

class Reader {
  readonly #formula: FormulaText;
  readonly #scope: FormulaScope;

  constructor(formula: FormulaText, scope: FormulaScope) {
    this.#formula = formula;
    this.#scope = scope;
  }

  series(node: ParsedNode): Expression {
    switch (node.type) {
      case 'ParenthesisNode':
        return this.series(node.content);
      case 'ConstantNode':
        return { kind: 'number', value: this.#number(node) };
      case 'SymbolNode':
        return this.#column(node.name);
      case 'OperatorNode':
        return this.#operator(node);
      case 'ConditionalNode':
        return this.#elementwise('if', [node.condition, node.trueExpr, node.falseExpr]);
      case 'FunctionNode':
        return this.#call(node);
      case 'AccessorNode':
        return this.#lead(node);
      default:
        throw this.#refuse(undefined, `a ${nameOfNode(node.type)}`);
    }
  }

  #number({ value }: Extract<ParsedNode, { type: 'ConstantNode' }>): number {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.#refuse(
      typeof value === 'string' ? this.#formula.text.search(/["']/) : undefined,
      typeof value === 'string' ? 'a text' : `the value ${String(value)}`,
    );
  }

  #column(name: string): Expression {
    const { columns, groups } = this.#scope;
    if (columns.includes(name)) return { kind: 'column', name };
    const at = positionOf(this.#formula.text, name);
    if (groups.includes(name))
      throw formulaError(this.#formula, at, {
        expected: 'a column of numbers',
        found: `${JSON.stringify(name)}, by which assets are grouped,`,
        remedy: `Pass it as the last argument: rank(x, ${name}).`,
      });
    if (Object.hasOwn(formulaFunctions, name))
      throw formulaError(this.#formula, at, {
        expected: 'arguments',
        found: `the function ${name} without any`,
        remedy: `Write ${signatureText(name, formulaFunctions[name].parameters)}.`,
      });
    throw this.#unknown('column', name, at, columns);
  }

  #unknown(what: string, name: string, at: number, known: readonly string[]): Error {
    const near = nearestName(name, known);
    const shown = known.length > 30 ? `${known.slice(0, 30).join(', ')}, …` : known.join(', ');
    return formulaError(this.#formula, at, {
      expected: `a ${what}: ${shown === '' ? 'there is none' : shown}`,
      found: JSON.stringify(name),
      remedy: near === undefined ? `Use one of the ${what}s.` : `Did you mean ${near}?`,
    });
  }

  #operator(node: Extract<ParsedNode, { type: 'OperatorNode' }>): Expression {
    const name = Object.hasOwn(operators, node.fn) ? operators[node.fn] : undefined;
    if (node.implicit)
      throw this.#refuse(undefined, 'two terms without an operator between them', 'Write the * between them.');
    if (name === undefined) throw this.#refuse(this.#formula.text.indexOf(node.op), `the operator ${node.op}`);
    const series = node.args.map((each) => this.series(each));
    if (name === 'positive') return series[0];
    if (name === 'negative' && series[0].kind === 'number') return { kind: 'number', value: -series[0].value };
    return { kind: 'elementwise', name, series };
  }

  #elementwise(name: string, args: readonly ParsedNode[]): Expression {
    return { kind: 'elementwise', name, series: args.map((each) => this.series(each)) };
  }

  #call(node: Extract<ParsedNode, { type: 'FunctionNode' }>): Expression {
    if (node.fn.type !== 'SymbolNode') throw this.#refuse(undefined, 'a call of something that is no function');
    const { name } = node.fn;
    const at = positionOf(this.#formula.text, name);
    if (!Object.hasOwn(formulaFunctions, name))
      throw this.#unknown('function', name, at, Object.keys(formulaFunctions));
    const signature = formulaFunctions[name];
    const form = [signature.parameters, ...(signature.or ? [signature.or] : [])].find((parameters) =>
      fits(parameters, node.args.length),
    );
    if (!form)
      throw formulaError(this.#formula, at, {
        expected: [signature.parameters, signature.or]
          .flatMap((parameters) => (parameters ? [signatureText(name, parameters)] : []))
          .join(' or '),
        found: `${node.args.length} argument${node.args.length === 1 ? '' : 's'}`,
        remedy: `It is the ${signature.says}.`,
      });
    if (signature.kind === 'elementwise') return this.#elementwise(name, node.args);
    return this.#overRows(name, form, node.args);
  }

  /** A function of an asset's history, or of a date's assets. */
  #overRows(name: string, form: readonly Parameter[], args: readonly ParsedNode[]): Expression {
    const { kind, range, leastRows = 1 } = formulaFunctions[name];
    const series: Expression[] = [];
    let window: Window | undefined;
    let parameter: number | undefined;
    let group: string | undefined;
    const groupAt = form.at(-1) === 'group?' ? this.#groupName(args.at(-1)) : undefined;
    const rest = groupAt === undefined ? args : args.slice(0, -1);
    if (groupAt !== undefined) group = groupAt;
    rest.forEach((arg, i) => {
      const role = form[Math.min(i, form.length - (form.at(-1) === 'group?' ? 2 : 1))];
      if (role === 'window') window = this.#window(name, arg, leastRows);
      else if (role === 'number') parameter = this.#bounded(name, arg, range ?? [-Infinity, Infinity]);
      else series.push(this.series(arg));
    });
    if (kind === 'moving') {
      if (!window) throw this.#refuse(undefined, `${name} without a window`);
      return { kind: 'moving', name, series, window, ...(parameter === undefined ? {} : { parameter }) };
    }
    return {
      kind: 'cross-section',
      name,
      series,
      ...(group === undefined ? {} : { group }),
      ...(parameter === undefined ? {} : { parameter }),
    };
  }

  #groupName(node: ParsedNode | undefined): string | undefined {
    return node?.type === 'SymbolNode' && this.#scope.groups.includes(node.name) ? node.name : undefined;
  }

  #window(name: string, node: ParsedNode, least: number): Window {
    const calendar = calendarWindow(node);
    if (calendar) {
      const most = calendar.kind === 'days' ? LONGEST_WINDOW : LONGEST_MONTHS;
      if (!Number.isInteger(calendar.count) || calendar.count < 1 || calendar.count > most)
        throw this.#badWindow(name, least, `${calendar.count} ${calendar.kind}`);
      if (name === 'ewm' || name === 'ewmstd') throw this.#badWindow(name, least, 'a calendar span');
      return calendar;
    }
    const value = node.type === 'ConstantNode' ? node.value : undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > LONGEST_WINDOW)
      throw this.#badWindow(name, least, typeof value === 'number' ? String(value) : 'no plain number');
    return { kind: 'rows', count: value };
  }

  #badWindow(name: string, least: number, found: string): Error {
    return formulaError(this.#formula, positionOf(this.#formula.text, name), {
      expected: `a window for ${name}: rows (${least} to ${LONGEST_WINDOW}), or days or months such as 30d and 12m`,
      found,
      remedy: 'Write the window as a number; a formula looks back alone, so it is never negative.',
    });
  }

  #bounded(name: string, node: ParsedNode, [least, most]: readonly [number, number]): number {
    const value = node.type === 'ConstantNode' ? node.value : undefined;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw formulaError(this.#formula, positionOf(this.#formula.text, name), {
      expected: `a number from ${least} to ${most} for ${name}`,
      found: typeof value === 'number' ? String(value) : 'no plain number',
      remedy: `Write ${signatureText(name, formulaFunctions[name].parameters)}.`,
    });
  }

  #lead({ object, index }: Extract<ParsedNode, { type: 'AccessorNode' }>): Expression {
    const at = this.#formula.text.search(/[[.]/);
    const rows = index.dotNotation || index.dimensions.length !== 1 ? undefined : leadRows(index.dimensions[0]);
    if (rows === undefined) throw this.#refuse(at, 'an access to a part of a value');
    if (!this.#scope.allowsLead)
      throw formulaError(this.#formula, at, {
        expected: 'a formula of what is known at the date of its row',
        found: `a value of ${rows} rows later`,
        remedy: 'Only a target may read ahead; look back with lag(x, n).',
      });
    return { kind: 'lead', series: [this.series(object)], rows };
  }

  #refuse(at: number | undefined, found: string, remedy = 'See the list of functions and operators.'): Error {
    return formulaError(this.#formula, at, {
      expected: 'columns, numbers, operators and functions of formulas',
      found,
      remedy,
    });
  }
}

function fits(parameters: readonly Parameter[], count: number): boolean {
  const required = parameters.filter((each) => each !== 'group?').length;
  if (parameters.includes('series...')) return count >= required;
  return count === required || (parameters.includes('group?') && count === required + 1);
}

/** `30d` and `12m`, which mathjs reads as a product of a number and a name. */
function calendarWindow(node: ParsedNode): Window | undefined {
  if (node.type !== 'OperatorNode' || !node.implicit || node.args.length !== 2) return undefined;
  const [count, unit] = node.args;
  if (count.type !== 'ConstantNode' || typeof count.value !== 'number' || unit.type !== 'SymbolNode') return undefined;
  if (unit.name === 'd') return { kind: 'days', count: count.value };
  if (unit.name === 'm') return { kind: 'months', count: count.value };
  return undefined;
}

/** n of `[+n]`; undefined for anything else. */
function leadRows(node: ParsedNode): number | undefined {
  if (node.type !== 'OperatorNode' || node.fn !== 'unaryPlus') return undefined;
  const [count] = node.args;
  const value = count.type === 'ConstantNode' ? count.value : undefined;
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LONGEST_WINDOW
    ? value
    : undefined;
}

/** `FunctionAssignmentNode` as `function assignment`. */
function nameOfNode(type: string): string {
  return type
    .replace(/Node$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

import { formulaError, type FormulaText } from './formula-error.ts';

/** The nodes of mathjs's tree that a formula can have; any other type is refused by name. */
export type ParsedNode =
  | { readonly type: 'ConstantNode'; readonly value: unknown }
  | { readonly type: 'SymbolNode'; readonly name: string }
  | { readonly type: 'ParenthesisNode'; readonly content: ParsedNode }
  | {
      readonly type: 'OperatorNode';
      readonly op: string;
      readonly fn: string;
      readonly implicit: boolean;
      readonly args: readonly ParsedNode[];
    }
  | { readonly type: 'FunctionNode'; readonly fn: ParsedNode; readonly args: readonly ParsedNode[] }
  | {
      readonly type: 'ConditionalNode';
      readonly condition: ParsedNode;
      readonly trueExpr: ParsedNode;
      readonly falseExpr: ParsedNode;
    }
  | {
      readonly type: 'AccessorNode';
      readonly object: ParsedNode;
      readonly index: { readonly dotNotation: boolean; readonly dimensions: readonly ParsedNode[] };
    }
  | { readonly type: 'RelationalNode' | 'ArrayNode' | 'BlockNode' | 'RangeNode' | 'ObjectNode' | 'AssignmentNode' };

let loaded: Promise<(text: string) => ParsedNode> | undefined;

/** Loads mathjs when the first formula is read: the number-only build, and of it the parser alone. */
function loadParser(): Promise<(text: string) => ParsedNode> {
  loaded ??= import('mathjs/number').then(({ create, parseDependencies }) => {
    const { parse } = create(parseDependencies as never) as unknown as { parse: (text: string) => unknown };
    return (text) => parse(text) as ParsedNode;
  });
  return loaded;
}

/** The tree of a text. Throws ConfigError that points at the character which mathjs could not read. */
export async function parseText(formula: FormulaText): Promise<ParsedNode> {
  const parse = await loadParser();
  try {
    return parse(formula.text);
  } catch (cause) {
    const { char, message } = cause as { readonly char?: number; readonly message: string };
    throw formulaError(formula, typeof char === 'number' ? char - 1 : undefined, {
      expected: 'a formula',
      found: message.replace(/ \(char \d+\)$/, '').replace(/^./, (first) => first.toLowerCase()),
      remedy: 'Check the operator, bracket or comma there.',
    });
  }
}

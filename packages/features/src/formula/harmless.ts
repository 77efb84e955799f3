import { formulaError, type FormulaText } from './formula-error.ts';

/** Longest formula in characters, and deepest nesting: far beyond what a person writes, far below what a parser minds. */
const LONGEST = 2000;
const DEEPEST = 60;
/** Signs in a row: `- - -x`. */
const MOST_SIGNS = 8;

/** Refuses, before any parser sees it, a text that no formula needs: other characters, assignments, a nesting without end. */
export function requireHarmless(formula: FormulaText): void {
  const { text } = formula;
  if (typeof text !== 'string' || text.trim() === '')
    throw formulaError({ ...formula, text: String(text) }, undefined, {
      expected: 'a formula such as lag(close, 21) / lag(close, 252) - 1',
      found: typeof text === 'string' ? 'an empty text' : typeof text,
      remedy: 'Write what is to be computed from the columns.',
    });
  if (text.length > LONGEST)
    throw formulaError(formula, LONGEST, {
      expected: `at most ${LONGEST} characters`,
      found: `${text.length}`,
      remedy: 'Name a part of it as a formula of its own, and use that name.',
    });
  const odd = /[^A-Za-z0-9_ \t\n.,+\-*/^()<>=!?:[\]]/u.exec(text);
  if (odd)
    throw formulaError(formula, odd.index, {
      expected: 'letters of the English alphabet, digits, and + - * / ^ ( ) [ ] < > = ! ? : , . _',
      found: `the character ${JSON.stringify(odd[0])} (U+${(odd[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')})`,
      remedy: 'Write it in plain characters; rename a column that has others.',
    });
  const assignment = /(?<![<>=!])=(?!=)/.exec(text);
  if (assignment)
    throw formulaError(formula, assignment.index, {
      expected: 'an expression',
      found: 'an assignment',
      remedy: 'The name of a formula is its key; compare with ==.',
    });
  const bang = /!(?!=)/.exec(text);
  if (bang)
    throw formulaError(formula, bang.index, {
      expected: 'an operator of formulas',
      found: '!',
      remedy: 'Write not x, and a != b.',
    });
  let depth = 0;
  let signs = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '(' || character === '[') depth++;
    else if (character === ')' || character === ']') depth--;
    if (character === '-' || character === '+' || character === '^') signs++;
    else if (character.trim() !== '') signs = 0;
    if (depth > DEEPEST || signs > MOST_SIGNS)
      throw formulaError(formula, i, {
        expected:
          depth > DEEPEST ? `at most ${DEEPEST} brackets within each other` : `at most ${MOST_SIGNS} signs in a row`,
        found: 'more',
        remedy: 'Write it in parts.',
      });
  }
  const nots = text.match(/\bnot\b|\?/g)?.length ?? 0;
  const powers = text.match(/\^/g)?.length ?? 0;
  if (nots > DEEPEST || powers > DEEPEST)
    throw formulaError(formula, undefined, {
      expected: `at most ${DEEPEST} of not, ? and ^ each`,
      found: String(Math.max(nots, powers)),
      remedy: 'Write it in parts.',
    });
}

/** How text goes to CSV. */
export interface CsvOptions {
  /**
   * `escape` unless stated: text that a spreadsheet would take for a formula begins with an apostrophe, which it shows as plain text; `keep`
   * writes text as it is, for readers that are no spreadsheets.
   */
  readonly formulas?: 'escape' | 'keep' | undefined;
}

/**
 * Text that a spreadsheet does not take for a formula. A cell that begins with `=`, `+`, `-`, `@`, a tab or a line break, in their full
 * widths too, gets an apostrophe in front, unless all of it is a plain number.
 *
 * Source: OWASP, CSV Injection.
 */
export function withoutFormula(text: string): string {
  if (!/^[\s\p{Cc}]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(text)) return text;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? text : `'${text}`;
}

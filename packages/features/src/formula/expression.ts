/** A span of an asset's history: its latest rows, or what is dated within a time before the row. */
export type Window =
  | { readonly kind: 'rows'; readonly count: number }
  | { readonly kind: 'days'; readonly count: number }
  | { readonly kind: 'months'; readonly count: number };

/** A formula after parsing: columns, numbers, and functions of the allow-list. Numbers stand for truth: 1, 0, NaN for unknown. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'column'; readonly name: string }
  /** Entry by entry. */
  | { readonly kind: 'elementwise'; readonly name: string; readonly series: readonly Expression[] }
  /** Over the history of an asset, back from each row. */
  | {
      readonly kind: 'moving';
      readonly name: string;
      readonly series: readonly Expression[];
      readonly window: Window;
      readonly parameter?: number | undefined;
    }
  /** Over the assets of a date, or of a group on it. */
  | {
      readonly kind: 'cross-section';
      readonly name: string;
      readonly series: readonly Expression[];
      readonly group?: string | undefined;
      readonly parameter?: number | undefined;
    }
  /** The value `rows` rows later: in targets alone. */
  | { readonly kind: 'lead'; readonly series: readonly Expression[]; readonly rows: number };

/** A text that equal expressions share. */
export function keyOf(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'column':
      return `[${expression.name}]`;
    case 'elementwise':
      return `${expression.name}(${expression.series.map(keyOf).join()})`;
    case 'moving': {
      const { name, series, window, parameter } = expression;
      return `${name}(${series.map(keyOf).join()};${window.count}${window.kind};${parameter ?? ''})`;
    }
    case 'cross-section': {
      const { name, series, group, parameter } = expression;
      return `${name}(${series.map(keyOf).join()};${group === undefined ? '' : `[${group}]`};${parameter ?? ''})`;
    }
    case 'lead':
      return `lead(${expression.series.map(keyOf).join()};${expression.rows})`;
  }
}

/** The series that an expression is made of; empty for columns and numbers. */
export function seriesOf(expression: Expression): readonly Expression[] {
  return 'series' in expression ? expression.series : [];
}

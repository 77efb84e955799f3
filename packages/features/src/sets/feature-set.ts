/** One formula of a named set. */
export interface NamedFormula {
  readonly formula: string;
  /** What it measures, in a phrase. */
  readonly says: string;
}

/** A named set of formulas: what it needs, what it holds, and where it comes from. */
export interface FeatureSet {
  readonly title: string;
  /** Columns of numbers that its formulas read. */
  readonly columns: readonly string[];
  /** Columns of groups. */
  readonly groups?: readonly string[] | undefined;
  readonly source: string;
  readonly formulas: Readonly<Record<string, NamedFormula>>;
}

/** The formulas of a set by name, as `deriveFeatures` takes them. */
export function formulasOf({ formulas }: FeatureSet): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(formulas).map(([name, { formula }]) => [name, formula]));
}

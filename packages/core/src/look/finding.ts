/**
 * What {@link lookAtPanel} can find in a panel, by code; each with what it means.
 *
 * - `percent-returns`: returns as 5 for 5 %, where fractions (.05) are meant
 * - `gross-returns`: returns as 1.05 for 5 %, where .05 is meant
 * - `log-returns`: logarithms of gross returns, where simple returns are meant
 * - `impossible-returns`: simple returns below -100 %
 * - `missing-code`: a vendor's number for "missing", such as -99.99, taken for a value
 * - `stale-returns`: most returns are exactly zero
 * - `overlap`: returns span more dates than the panel says
 * - `leak`: a characteristic that holds, or nearly is a function of, the return that it is to predict, or a later one
 * - `label`: a characteristic named like a label or a forward return
 * - `price-level`: a characteristic that moves one for one with the price
 * - `heavy-tail`: a characteristic whose largest values drown the others, not ranked or winsorised
 * - `constant`: one value for all rows
 * - `row-number`: a characteristic that counts the rows of the file
 * - `no-cross-section`: one value for all assets on each date: a context series
 * - `sparse`: a characteristic that is nearly always missing
 * - `duplicate-characteristic`: two characteristics with the same values
 * - `similar-ids`: identifiers of assets that differ by case or spaces alone
 * - `survivorship`: no asset ever leaves
 * - `delisting`: assets leave without a last return
 * - `few-rows`: fewer rows than a linear model of the characteristics bears
 * - `thin-cross-sections`: a decile of the cross-section is one asset, or none
 */
export const findingCodes = [
  'percent-returns',
  'gross-returns',
  'log-returns',
  'impossible-returns',
  'missing-code',
  'stale-returns',
  'overlap',
  'leak',
  'label',
  'price-level',
  'heavy-tail',
  'constant',
  'row-number',
  'no-cross-section',
  'sparse',
  'duplicate-characteristic',
  'similar-ids',
  'survivorship',
  'delisting',
  'few-rows',
  'thin-cross-sections',
] as const;

export type FindingCode = (typeof findingCodes)[number];

/** One thing to know about a panel before a model sees it. */
export interface PanelFinding {
  readonly code: FindingCode;
  /**
   * `warning`: figures of any model on this panel are probably wrong. `note`: true of many honest panels; what it means for
   * a result has to be known.
   */
  readonly severity: 'warning' | 'note';
  /** The column or the columns concerned; empty where it is the panel. */
  readonly columns: readonly string[];
  /** What was seen, with its figures. */
  readonly evidence: string;
  /** What to do if it is a fault. */
  readonly remedy: string;
}

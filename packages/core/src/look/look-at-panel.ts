import type { CrossSectionBatch } from '../batches/cross-section.ts';
import { lookAtAssets } from './assets.ts';
import { lookAtCharacteristics } from './characteristics.ts';
import type { FindingCode, PanelFinding } from './finding.ts';
import { lookForLeaks } from './look-ahead.ts';
import { lookForPriceLevels } from './price-levels.ts';
import { describeOverlap, findReturnOverlap } from './return-overlap.ts';
import { lookAtReturns } from './returns.ts';
import { sampleDates } from './sampled-panel.ts';

export interface LookOptions {
  /** Findings that were looked into and are meant. */
  readonly ignore?: readonly FindingCode[] | undefined;
  /** A later step ranks or winsorises each cross-section, so that raw scales do not reach a model. Default false. */
  readonly isRanked?: boolean | undefined;
  /** Rows of the first training window, for `few-rows`; the whole panel where absent. */
  readonly trainRows?: number | undefined;
}

/** A regression on P characteristics wants several rows for each of them. */
const ROWS_PER_CHARACTERISTIC = 5;
/** With fewer assets a tenth of them is one. */
const TWO_DECILES = 20;

/**
 * Looks at a panel as a careful colleague would before a model sees it: returns in percent or codes among them, a
 * characteristic that knows the return, prices in levels, tails, constant and empty columns, assets that differ by case,
 * survivors. See {@link findingCodes}.
 *
 * Correlations are those of ranks by date, over at most 60 dates and 500 rows of each, so that a large panel takes no
 * longer than a middling one. Nothing is changed, and nothing found is proof: a finding says what was seen.
 *
 * @param batch the panel *before* preprocessing
 * @returns warnings first, then notes; empty for a panel that looks right
 */
export function lookAtPanel(batch: CrossSectionBatch, options: LookOptions = {}): readonly PanelFinding[] {
  const { returns } = batch;
  const isRanked = options.isRanked ?? false;
  const dates = sampleDates(batch);
  const found = [
    ...(returns ? lookAtReturns(batch, returns, batch.returnHorizon) : []),
    ...lookForOverlap(batch),
    ...(returns ? lookForLeaks(batch, returns, dates) : []),
    ...(returns ? lookForPriceLevels(batch, returns, dates, isRanked) : []),
    ...lookAtCharacteristics(batch, dates, isRanked),
    ...lookAtAssets(batch),
    ...lookAtSize(batch, options.trainRows ?? batch.nRows),
  ].filter(({ code }) => !options.ignore?.includes(code));
  return [
    ...found.filter(({ severity }) => severity === 'warning'),
    ...found.filter(({ severity }) => severity === 'note'),
  ];
}

function lookForOverlap(batch: CrossSectionBatch): readonly PanelFinding[] {
  const overlap = findReturnOverlap(batch);
  if (!overlap) return [];
  return [
    {
      code: 'overlap',
      severity: 'warning',
      columns: ['returns'],
      evidence: describeOverlap(overlap, batch.returnHorizon),
      remedy: `If they span ${overlap.horizon} dates, state it (returnHorizon: ${overlap.horizon}, or horizon beside the column): forecasts use returns that are not known yet otherwise, and errors are too small.`,
    },
  ];
}

function lookAtSize({ nCharacteristics, index }: CrossSectionBatch, trainRows: number): readonly PanelFinding[] {
  const findings: PanelFinding[] = [];
  if (trainRows < ROWS_PER_CHARACTERISTIC * nCharacteristics)
    findings.push({
      code: 'few-rows',
      severity: 'warning',
      columns: [],
      evidence: `${nCharacteristics} characteristics for ${trainRows} rows to learn from`,
      remedy: 'Use fewer characteristics, a longer training window, or a penalty.',
    });
  const sizes = Int32Array.from(
    { length: index.nDates },
    (_, t) => index.rowOffsets[t + 1] - index.rowOffsets[t],
  ).sort();
  const median = sizes[Math.floor(sizes.length / 2)];
  if (median < TWO_DECILES)
    findings.push({
      code: 'thin-cross-sections',
      severity: 'note',
      columns: [],
      evidence: `half of the dates have ${median} assets or fewer, so a decile holds one or none`,
      remedy: 'Read long-short figures as those of single assets, or judge by rank correlation and by all weights.',
    });
  return findings;
}

import { ConfigError, DataError, type PanelIndex } from '@ml4t/core';
import { alignRows, describe } from '@ml4t/core/authoring';
import type { ColumnRoles } from './column-roles.ts';
import type { AsOf, BesideSource, JoinedSource } from './join-options.ts';
import type { ReadOptions } from './options.ts';
import type { ReadNote } from './report.ts';
import type { ReadPanel } from './read-panel.ts';

/** Reads a source whole; panel.ts hands itself over. */
export type PanelReader = (
  source: BesideSource['source'],
  roles: ColumnRoles,
  options: ReadOptions,
) => Promise<ReadPanel>;

/** The options of a source beside the panel: its own formats, the panel's zone and calendar. */
export function besideOptions(beside: BesideSource, { timeZone, alignDates, signal }: ReadOptions): ReadOptions {
  const { encoding, decimal, thousands, percent, missingValues, hivePartitioning, dateFormat } = beside;
  return {
    ...{ encoding, decimal, thousands, percent, missingValues, hivePartitioning, dateFormat },
    ...{ timeZone, alignDates, signal },
    sort: true,
    emptyColumns: 'keep',
  };
}

/**
 * Adds the characteristics of other sources: of the same date, or the latest record that was public. Each source holds one row for
 * each asset and date; others are an error.
 */
export async function joinCharacteristics(
  panel: ReadPanel,
  joined: readonly JoinedSource[],
  options: ReadOptions,
  read: PanelReader,
): Promise<ReadPanel> {
  let result = panel;
  for (const [k, source] of joined.entries()) {
    const field = `options.join[${k}]`;
    const lag = source.asOf && publicationLag(source.asOf, `${field}.asOf`);
    const { timestamp, timestampFormat, asset, columns: characteristics = { exclude: [] } } = source;
    const roles = {
      timestamp,
      timestampFormat,
      asset,
      characteristics,
      statedAt: (role: string) => `${field}.${role}`,
    };
    const other = await read(source.source, roles, {
      ...besideOptions(source, options),
      // A day on which something became public stays that day.
      ...(lag ? { alignDates: undefined } : {}),
    });
    const rows = lag ? rowsAsOf(result.index, other.index, lag) : rowsOfSameDate(result.index, other.index);
    requireMatch(rows, result.index, other, field);
    result = withColumns(result, other, rows, field);
  }
  return result;
}

interface PublicationLag {
  /** When a record of a date became public. */
  readonly publicAt: (date: number) => number;
  readonly maxAge: number;
}

const day = 86_400_000;

function publicationLag({ lagDays, lagMonths, maxAgeDays }: AsOf, field: string): PublicationLag {
  const isCount = (value: unknown): boolean => value === undefined || (typeof value === 'number' && value >= 0);
  if ((lagDays === undefined) === (lagMonths === undefined) || !isCount(lagDays) || !isCount(lagMonths))
    throw new ConfigError({
      field,
      expected: 'one of lagDays and lagMonths, 0 or more',
      found: describe({ lagDays, lagMonths }),
      remedy:
        'Say how long after its date a record was public: a wrong lag is a look-ahead. 0 where the date is that of publication.',
    });
  if (maxAgeDays !== undefined && !(maxAgeDays > 0))
    throw new ConfigError({
      field: `${field}.maxAgeDays`,
      expected: 'a number of days > 0',
      found: describe(maxAgeDays),
      remedy: 'Leave it out for no limit.',
    });
  return {
    publicAt: lagMonths === undefined ? (date) => date + (lagDays ?? 0) * day : (date) => monthsLater(date, lagMonths),
    maxAge: (maxAgeDays ?? Infinity) * day,
  };
}

/** The same day some months later, or the last day of that month; the end of a month stays one. */
function monthsLater(date: number, months: number): number {
  const from = new Date(date);
  const [year, month, dayOfMonth] = [from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate()];
  const lastOf = (m: number): number => new Date(Date.UTC(year, m + 1, 0)).getUTCDate();
  const last = lastOf(month + months);
  const target = dayOfMonth === lastOf(month) ? last : Math.min(dayOfMonth, last);
  return Date.UTC(year, month + months, target) + (date % day);
}

/** For each row of the panel the row of the other with the same date and asset; -1 for none. */
function rowsOfSameDate(index: PanelIndex, other: PanelIndex): Int32Array {
  const positions = Float64Array.from({ length: other.nRows }, (_, row) => row);
  return Int32Array.from(alignRows(other, positions, index), (row) => (Number.isNaN(row) ? -1 : row));
}

/** For each row of the panel the latest row of the other of that asset that was public on its date and is not too old; -1 for none. */
function rowsAsOf(index: PanelIndex, other: PanelIndex, { publicAt, maxAge }: PublicationLag): Int32Array {
  const out = new Int32Array(index.nRows).fill(-1);
  const position = new Map(other.assetIds.map((id, i) => [id, i]));
  const assetOf = index.assetIds.map((id) => position.get(id) ?? -1);
  const latest = new Int32Array(other.nAssets).fill(-1);
  const dateOf = new Float64Array(other.nAssets);
  let next = 0;
  for (let t = 0; t < index.nDates; t++) {
    const now = index.timestamps[t];
    for (; next < other.nDates && publicAt(other.timestamps[next]) <= now; next++)
      for (let row = other.rowOffsets[next]; row < other.rowOffsets[next + 1]; row++) {
        latest[other.assetIndex[row]] = row;
        dateOf[other.assetIndex[row]] = other.timestamps[next];
      }
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
      const asset = assetOf[index.assetIndex[row]];
      if (asset >= 0 && latest[asset] >= 0 && now - dateOf[asset] <= maxAge) out[row] = latest[asset];
    }
  }
  return out;
}

function requireMatch(rows: Int32Array, index: PanelIndex, other: ReadPanel, field: string): void {
  if (rows.some((row) => row >= 0)) return;
  const known = new Set(index.assetIds);
  const hasAsset = other.index.assetIds.some((id) => known.has(id));
  throw new DataError({
    field: `${field}.source (${other.report.source})`,
    expected: 'a record for at least one row of the panel',
    found: hasAsset
      ? 'assets in common, and no date on which one counts'
      : `no asset in common: ${JSON.stringify(index.assetIds[0])} in the panel, ${JSON.stringify(other.index.assetIds[0])} here`,
    remedy: hasAsset ? 'Check the dates, or join as of the date: asOf.' : 'Write the ids of both in one way.',
  });
}

/** The panel with the other's characteristics beside its own, NaN where there is no record. */
function withColumns(panel: ReadPanel, other: ReadPanel, rows: Int32Array, field: string): ReadPanel {
  const own = panel.report.columns.characteristics;
  const added = other.report.columns.characteristics;
  const doubled = added.find((name) => own.includes(name));
  if (doubled !== undefined)
    throw new ConfigError({
      field: `${field}.columns`,
      expected: 'names that the panel does not have',
      found: JSON.stringify(doubled),
      remedy: 'List the columns to add, or rename one of them at the source.',
    });
  const [p, q] = [own.length, added.length];
  const characteristics = new Float64Array(rows.length * (p + q)).fill(Number.NaN);
  const missing = new Float64Array(q);
  rows.forEach((source, row) => {
    characteristics.set(panel.characteristics.subarray(row * p, (row + 1) * p), row * (p + q));
    if (source >= 0)
      characteristics.set(other.characteristics.subarray(source * q, (source + 1) * q), row * (p + q) + p);
    for (let k = 0; k < q; k++) if (Number.isNaN(characteristics[row * (p + q) + p + k])) missing[k]++;
  });
  const { report } = panel;
  const notes: readonly ReadNote[] = other.report.notes.map((note) => ({ ...note, found: `${field}: ${note.found}` }));
  return {
    ...panel,
    characteristics,
    report: {
      ...report,
      columns: { ...report.columns, characteristics: [...own, ...added] },
      missing: { ...report.missing, ...Object.fromEntries(added.map((name, k) => [name, missing[k]])) },
      notes: [...report.notes, ...notes],
    },
  };
}

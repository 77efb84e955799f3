import { SourceError } from '@ml4t/core';

/** How the lines of a CSV file are put together. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  /** Lines before the last one of the header. */
  readonly skippedLines: number;
  /** Lines before the header: a title, comments. */
  readonly titleLines: number;
  /** Names of the columns, to the letter; `Unnamed: k` where the header has none at position k, as pandas calls it. */
  readonly names: readonly string[];
}

const delimiters = [',', ';', '\t', '|'];
/** Records of a file that are looked at. */
const sampleRecords = 400;
/** Records among which a header is looked for. */
const headerRecords = 40;

/**
 * The dialect of a CSV file from the text it begins with: the delimiter that cuts most records into as many entries as the header.
 *
 * @param text the first part of the file, whole lines
 * @param delimiter where the ending of the file says it
 * @throws SourceError the header has another number of entries than the rows below it
 */
export function csvDialect(label: string, text: string, delimiter?: string): CsvDialect {
  const candidates = (delimiter === undefined ? delimiters : [delimiter]).flatMap((mark) =>
    ['"', "'"].map((quote) => attempt(text, mark, quote)),
  );
  let best = candidates[0];
  for (const candidate of candidates) if (candidate.score > best.score) best = candidate;
  const { records, width } = best;
  const header = headerOf(records, width);
  if (header === undefined)
    throw new SourceError({
      field: label,
      expected: 'a header with one name for every column',
      found: `${records[0].entries.length} names above rows of ${width} entries`,
      remedy: 'Name every column, also the first (R leaves the row names without one: row.names = FALSE).',
    });
  const { entries, line } = twoLevels(records, header) ?? records[header];
  const titleLines = records[header].line;
  return {
    delimiter: best.delimiter,
    quote: best.quote,
    escape: best.escape,
    skippedLines: line,
    titleLines,
    names: entries.map((name, k) => (name.trim() === '' ? `Unnamed: ${k}` : name)),
  };
}

interface CsvRecord {
  readonly entries: readonly string[];
  /** Lines of the file before it. */
  readonly line: number;
  /** True of the last one where a quote is left open. */
  readonly isOpen?: boolean;
}

const isOpen = ({ isOpen: open = false }: CsvRecord): boolean => open;

interface Attempt {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly records: readonly CsvRecord[];
  /** Entries of most records. */
  readonly width: number;
  readonly score: number;
}

function attempt(text: string, delimiter: string, quote: string): Attempt {
  const doubled = records(text, delimiter, quote, quote);
  const escaped = text.includes(`\\${quote}`) ? records(text, delimiter, quote, '\\') : undefined;
  const plain = agreement(doubled);
  const other = escaped && agreement(escaped);
  // A backslash before a quote is an escape unless that makes nonsense of the lines.
  const useEscape = other !== undefined && other.score >= plain.score && escaped?.some(isOpen) !== true;
  const { width, score } = useEscape ? other : plain;
  return {
    delimiter,
    quote,
    escape: useEscape ? '\\' : quote,
    records: useEscape && escaped ? escaped : doubled,
    width,
    // The usual quote and the usual delimiter where nothing speaks against them.
    score:
      score -
      (leavesQuotes(doubled[0]) ? 1e-3 : 0) -
      (quote === '"' ? 0 : 1e-9) -
      delimiters.indexOf(delimiter) * 1e-10,
  };
}

/** True where every name of a header still has quotes around it. */
const leavesQuotes = ({ entries }: CsvRecord): boolean => entries.every((entry) => /^(["']).*\1$/.test(entry));

/** The usual number of entries, and how much speaks for it: the share of records that have it, more where there are several entries. */
function agreement(records: readonly CsvRecord[]): { readonly width: number; readonly score: number } {
  const counts = new Map<number, number>();
  // Comments say nothing of the rows.
  const rows = records.filter((record) => !record.entries[0].startsWith('#') && !isOpen(record));
  if (rows.length === 0) return { width: records[0].entries.length, score: 0 };
  for (const { entries } of rows) counts.set(entries.length, (counts.get(entries.length) ?? 0) + 1);
  let width = 1;
  for (const [entries, count] of counts) {
    const most = counts.get(width) ?? 0;
    if (count > most || (count === most && entries > width)) width = entries;
  }
  if (width < 2) return { width, score: 0 };
  const share = (counts.get(width) ?? 0) / rows.length;
  return { width, score: (headerOf(records, width) === undefined ? 0.4 : 1) * share + 1e-4 * (1 - 1 / width) };
}

const isNumber = (entry: string): boolean => entry.trim() !== '' && Number.isFinite(Number(entry));

/** The record that names the columns: the first, or the first of the usual length under a title that has another. */
function headerOf(records: readonly CsvRecord[], width: number): number | undefined {
  if (records[0].entries.length === width) return 0;
  const found = records
    .slice(0, headerRecords)
    .findIndex(({ entries }) => entries.length === width && !entries.some(isNumber) && !entries.some(isDay));
  return found < 0 ? undefined : found;
}

/**
 * The header of columns of two levels, as pandas writes it: fields above assets, and below them, where the index has a name, a line with
 * that name alone. Its columns are called field_asset.
 */
function twoLevels(records: readonly CsvRecord[], header: number): CsvRecord | undefined {
  const [upper, lower, third] = records.slice(header, header + 3);
  if (lower?.entries.length !== upper.entries.length) return undefined;
  const fields = upper.entries.slice(1);
  const assets = lower.entries.slice(1);
  const pairs = fields.map((field, k) => `${field}_${assets[k]}`);
  const isPaired = assets.every((asset) => asset.trim() !== '') && new Set(pairs).size === pairs.length;
  if (!isPaired || new Set(fields).size === fields.length || isDay(lower.entries[0])) return undefined;
  const hasIndexName = third !== undefined && third.entries.slice(1).every((entry) => entry.trim() === '');
  return { entries: [hasIndexName ? third.entries[0] : '', ...pairs], line: (hasIndexName ? third : lower).line };
}

const isDay = (entry: string): boolean => /^\d{4}-\d{2}-\d{2}/.test(entry.trim());

/** The first records of a text that is cut off after a whole line. Blank lines are none. */
function records(text: string, delimiter: string, quote: string, escape: string): readonly CsvRecord[] {
  const found: CsvRecord[] = [];
  let entries: string[] = [];
  let entry = '';
  let line = 0;
  let firstLine = 0;
  let inQuotes = false;
  let isQuoted = false;
  const endRecord = (): void => {
    if (entries.length > 0 || isQuoted || entry.trim() !== '')
      found.push({ entries: [...entries, entry], line: firstLine });
    entries = [];
    entry = '';
    isQuoted = false;
    firstLine = line;
  };
  for (let at = 0; at < text.length && found.length < sampleRecords; at++) {
    const mark = text[at];
    if (inQuotes) {
      if (mark === escape && text[at + 1] === quote) entry += text[++at];
      else if (mark === quote) inQuotes = false;
      else {
        if (mark === '\n') line++;
        entry += mark;
      }
    } else if (mark === quote && entry === '' && !isQuoted) {
      inQuotes = true;
      isQuoted = true;
    } else if (mark === delimiter) {
      entries.push(entry);
      entry = '';
      isQuoted = false;
    } else if (mark === '\n' || mark === '\r') {
      if (mark === '\r' && text[at + 1] === '\n') at++;
      line++;
      endRecord();
    } else entry += mark;
  }
  // An open quote at the end of the sample is either damage, which the reader names, or a text cut off.
  if (found.length < sampleRecords) {
    if (inQuotes) found.push({ entries: [...entries, entry], line: firstLine, isOpen: true });
    else endRecord();
  }
  return found.length > 0 ? found : [{ entries: [''], line: 0 }];
}

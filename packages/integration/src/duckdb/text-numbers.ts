import { ConfigError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { NumberFormat } from '../read/source-options.ts';
import { sqlText } from './connection.ts';

/** Texts that mean "missing" in the numeric columns of a CSV file. NaN in any case is a number to DuckDB already. */
export const missingMarkers = ['', 'NA', 'N/A', '#N/A', 'null', 'NULL', 'None', '.'];

/** A condition: the entry is NaN, which is a number, and in a column of flags none. */
export const isNaNText = (sql: string): string => `lower(trim(${sql})) IN ('nan', '-nan')`;

/** Numbers that are written as text, turned into SQL. */
export interface TextNumbers {
  /** True where entries are plain numbers, which DuckDB's own reader takes. */
  readonly isPlain: boolean;
  /** A condition: the entry of a column stands for nothing. */
  isMissing(sql: string, name: string): string;
  /** A condition: the entry is a number. */
  isNumber(sql: string): string;
  /** The entry as a double, null where it is missing; an error in words of its own where it is neither. */
  value(sql: string, name: string): string;
}

/** How the numbers of a source are written. Throws ConfigError where the marks contradict each other. */
export function textNumbers(format: NumberFormat, field = 'options'): TextNumbers {
  const { decimal = '.', thousands, percent = false, missingValues } = format;
  requireMarks(format, field);
  const everywhere = isList(missingValues) ? textsOf(missingValues) : [];
  const byColumn = new Map(
    missingValues === undefined || isList(missingValues)
      ? []
      : Object.entries(missingValues).map(([name, values]) => [name, textsOf(values)]),
  );
  const hasTexts = everywhere.length > 0 || [...byColumn.values()].some((texts) => texts.length > 0);
  const isUsual = decimal === '.' && thousands === undefined && !percent;
  const markersOf = (name: string): readonly string[] => [
    ...missingMarkers,
    ...everywhere,
    ...(byColumn.get(name) ?? []),
  ];
  const isMissing = (sql: string, name: string): string =>
    `(${sql} IS NULL OR trim(${sql}) IN (${markersOf(name).map(sqlText).join(', ')}))`;
  if (isUsual)
    return {
      isPlain: !hasTexts,
      isMissing,
      isNumber: isPlainNumber,
      value: (sql, name) => guarded(sql, name, isMissing(sql, name), isPlainNumber(sql), `CAST(${sql} AS DOUBLE)`),
    };
  const group = thousands === ' ' ? '[ \u00a0\u202f]' : (thousands ?? '').replaceAll(/[.']/g, '[$&]');
  const point = decimal === '.' ? '[.]' : decimal;
  const digits = thousands === undefined ? '\\d+' : `(?:\\d{1,3}(?:${group}\\d{3})+|\\d+)`;
  const number = `[+-]?(?:${digits}(?:${point}\\d*)?|${point}\\d+)`;
  const pattern = `${number}(?:[eE][+-]?\\d+${percent ? '|\\s*%' : ''})?|(?i:[+-]?nan|[+-]?inf(?:inity)?)`;
  const isNumber = (sql: string): string => `regexp_full_match(trim(${sql}), ${sqlText(pattern)})`;
  const plain = (sql: string): string => {
    const joined =
      thousands === undefined ? `trim(${sql})` : `regexp_replace(trim(${sql}), ${sqlText(group)}, '', 'g')`;
    return decimal === '.' ? joined : `replace(${joined}, ${sqlText(decimal)}, '.')`;
  };
  // Hundredths are moved in the text, where 2.3% is exactly 2.3e-2.
  const value = (sql: string): string =>
    percent
      ? `CAST(CASE WHEN ends_with(trim(${sql}), '%') THEN concat(trim(trim(${plain(sql)}, '%')), 'e-2') ELSE ${plain(sql)} END AS DOUBLE)`
      : `CAST(${plain(sql)} AS DOUBLE)`;
  return {
    isPlain: false,
    isMissing,
    isNumber,
    value: (sql, name) => guarded(sql, name, isMissing(sql, name), isNumber(sql), value(sql)),
  };
}

const isPlainNumber = (sql: string): string => `TRY_CAST(${sql} AS DOUBLE) IS NOT NULL`;

/** The value of an entry, null where it is missing, and an error that names entry and column where it is no number. */
function guarded(sql: string, name: string, isMissing: string, isNumber: string, value: string): string {
  const message = `concat('Could not convert string ''', ${sql}, ''' to a number in column "', ${sqlText(name)}, '"')`;
  return `CASE WHEN ${isMissing} THEN NULL WHEN ${isNumber} THEN ${value} ELSE error(${message}) END`;
}

const textsOf = (values: readonly (string | number)[]): readonly string[] =>
  values.filter((value) => typeof value === 'string');

const isList = (values: NumberFormat['missingValues']): values is readonly (string | number)[] => Array.isArray(values);

function requireMarks({ decimal = '.', thousands, percent, missingValues }: NumberFormat, field: string): void {
  const marks: unknown[] = ['.', ',', ' ', "'", '_'];
  if (decimal !== '.' && (decimal as string) !== ',') throw unknownMark(`${field}.decimal`, "'.' or ','", decimal);
  if (thousands !== undefined && (!marks.includes(thousands) || thousands === decimal))
    throw unknownMark(
      `${field}.thousands`,
      `one of ',', '.', ' ', "'" and '_', other than the decimal mark`,
      thousands,
    );
  if (percent !== undefined && typeof percent !== 'boolean')
    throw unknownMark(`${field}.percent`, 'true or false', percent);
  const isListOfValues = (values: unknown): boolean =>
    Array.isArray(values) && values.every((value) => typeof value === 'string' || typeof value === 'number');
  if (
    missingValues !== undefined &&
    !isListOfValues(missingValues) &&
    !(!isList(missingValues) && Object.values(missingValues).every(isListOfValues))
  )
    throw unknownMark(
      `${field}.missingValues`,
      "a list of texts and numbers, or one for each column: { ret: ['B', -99] }",
      missingValues,
    );
}

function unknownMark(field: string, expected: string, found: unknown): ConfigError {
  return new ConfigError({ field, expected, found: describe(found), remedy: 'Say how the source writes its numbers.' });
}

/** What a text that is no number may be, as the option that reads it. */
export function remedyForText(text: string): string {
  const entry = text.trim();
  if (/^[+-]?[\d.,\s]*\d\s*%$/.test(entry)) return 'State percent: true to read per cent signs.';
  if (/^[+-]?\d{1,3}(\.\d{3})+,\d+$/.test(entry)) return "State decimal: ',' and thousands: '.'.";
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(entry))
    return "State thousands: ','. If the comma is the decimal mark: decimal: ','.";
  if (/^[+-]?\d*,\d+$/.test(entry)) return "State decimal: ','.";
  if (/^[+-]?\d{1,3}([' _\u00a0\u202f]\d{3})+(\.\d+)?$/.test(entry))
    return 'State thousands: the mark between groups of three digits.';
  // A number in a writing that nothing here reads: calling it missing would blank it.
  if (/\d/.test(entry) && /^[\d.,\s]+$/.test(entry.replace(/[()\u2212\u2013$\u20ac\u00a3\u00a5%+-]|[A-Z]{3}/g, '')))
    return 'Write it as a plain number, a minus as - and without currency signs or brackets, or leave the column out.';
  return `If it stands for nothing, state missingValues: [${JSON.stringify(text)}]; else correct it, or leave the column out.`;
}

import { DataError, Ml4tError, SourceError } from '@ml4t/core';
import type { FrameColumn } from '../read/frame.ts';
import { notUtf8 } from './csv-file.ts';
import { remedyForText } from './text-numbers.ts';
import { sqlText } from './connection.ts';

/**
 * Puts an error of DuckDB into plain words: what could not be read, why in one line, and what to do.
 *
 * @param columns the columns of the source, which DuckDB knows by their positions
 */
export function sourceError(
  error: unknown,
  label: string,
  isQuery: boolean,
  columns: readonly FrameColumn[] = [],
): Error {
  if (error instanceof Ml4tError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const firstLine = message.split('\n', 1)[0];
  const reason = firstLine.replace(/^([A-Za-z -]*Error: )+/, '');
  // Of several files, the one; of a copy, the file that was copied.
  const named = /^\s*file = (.+)$/m.exec(message)?.[1];
  const file = named === undefined || named.includes('ml4t-csv-') ? label : named;
  const cell =
    /CSV Error on Line: (\d+)[\s\S]*?Error when converting column "(.*)"\. Could not convert string "([\s\S]*?)" to '/.exec(
      message,
    );
  if (cell) {
    const name = /^c\d+$/.test(cell[2]) ? (columns.at(Number(cell[2].slice(1)))?.name ?? cell[2]) : cell[2];
    const isHeader = cell[3] === name;
    return new DataError({
      field: `${name} (line ${cell[1]} of ${file})`,
      expected: 'a number, or nothing for missing',
      found: isHeader ? 'the header again' : JSON.stringify(cell[3]),
      remedy: isHeader
        ? 'Files were laid end to end with their headers: drop all but the first.'
        : remedyForText(cell[3]),
      cause: error,
    });
  }
  if (/Invalid unicode|not utf-8/.test(message)) return notUtf8(label, error);
  const line = /CSV Error on Line: (\d+)/.exec(message);
  if (line)
    return new SourceError({
      field: file,
      expected: 'rows with as many entries as the header',
      found: `line ${line[1]}: ${csvReason(message)}`,
      remedy: 'Correct the line: a missing or extra delimiter or quote, or a file cut short.',
      cause: error,
    });
  const closed = /Cannot access (?:file|directory) "([\s\S]*?)" - file system operations are disabled/.exec(message);
  if (closed)
    return new SourceError({
      field: 'source.query',
      expected: 'tables, and files that `allow` names',
      found: JSON.stringify(closed[1]),
      remedy: `Allow it where you trust the query: { query, allow: { files: [${sqlText(closed[1])}] } }.`,
      cause: error,
    });
  const missing = /Missing Extension|requires the extension/.test(message);
  if (missing)
    return new SourceError({
      field: label,
      expected: 'local files in Parquet, CSV or Arrow format',
      found: `something that needs the DuckDB extension ${/extension (\w+)/.exec(message)?.[1] ?? '(unnamed)'}`,
      remedy: 'Fetch remote files first: this package downloads nothing at run time.',
      cause: error,
    });
  if (/No files found/.test(message))
    return new SourceError({
      field: label,
      expected: 'an existing file',
      found: `no file that matches ${/pattern "(.*?)"/.exec(message)?.[1] ?? label}`,
      remedy: 'Check the path and the pattern.',
      cause: error,
    });
  const cast = /Could not convert string '([\s\S]*?)' to (?:a number in column "([\s\S]*?)"$)?/m.exec(message);
  if (cast)
    return new DataError({
      field: cast[2] === undefined ? label : `${cast[2]} (in ${label})`,
      expected: 'numbers in every column read as one',
      found: JSON.stringify(cast[1]),
      remedy: remedyForText(cast[1]),
      cause: error,
    });
  if (isQuery)
    return new SourceError({
      field: label,
      expected: 'one SELECT that DuckDB can run',
      found: `"${reason}"`,
      remedy: 'Correct the query, or the values it converts: one SELECT, names spelled as in its tables and files.',
      cause: error,
    });
  return new SourceError({
    field: label,
    expected: 'a readable file of the kind its ending says',
    found: `"${reason.replaceAll(label, 'the file')}"`,
    remedy: 'The file is damaged, cut short or of another kind: write it again.',
    cause: error,
  });
}

/** The line of DuckDB's message that says what is wrong, after the line number and the line itself. */
function csvReason(message: string): string {
  const lines = message.split('\n').filter((text) => text.trim() !== '');
  const original = lines.findIndex((text) => text.startsWith('Original Line'));
  return (lines[original + 1] ?? lines[0]).trim();
}

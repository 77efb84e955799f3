import { SourceError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import { openArrowFile, openArrowTable } from '../arrow/frame.ts';
import { openFile, openQuery } from '../duckdb/frame.ts';
import { formatOfPath, formatOfPaths } from '../duckdb/relation.ts';
import { openPostgres } from '../postgres/frame.ts';
import { openRows } from '../rows/frame.ts';
import { openFields } from './field-frames.ts';
import type { Frame } from './frame.ts';
import type { PanelSource, SourceOptions } from './source-options.ts';

/** Opens any source behind the one interface that readers know. The caller closes it. */
export async function openFrame(source: PanelSource, options: SourceOptions = {}): Promise<Frame> {
  if (typeof source === 'string') return openPath(source, options);
  if (isList(source)) {
    const format = formatOfPaths(source);
    if (format !== 'arrow') return openFile(source, format, options);
    if (source.length === 1) return openArrowFile(source[0]);
  }
  if (typeof source === 'object' && source !== null && !isList(source)) {
    if ('fields' in source) return openFields(source, (path) => openPath(path, options));
    if ('postgres' in source) return openPostgres(source);
    if ('query' in source) return openQuery(source, options);
    if ('schema' in source && 'batches' in source) return openArrowTable(source);
    if ('rows' in source || 'columns' in source) return openRows(source);
  }
  throw new SourceError({
    field: 'source',
    expected:
      'a path, a list of paths, { query }, { postgres, query }, { rows }, { columns }, { fields }, or an Arrow table',
    found: describe(source),
    remedy: 'Pass one of these.',
  });
}

function openPath(path: string, options: SourceOptions): Promise<Frame> {
  const format = formatOfPath(path);
  return format === 'arrow' ? openArrowFile(path) : openFile([path], format, options);
}

const isList = (source: PanelSource): source is readonly string[] =>
  Array.isArray(source) && source.every((path) => typeof path === 'string');

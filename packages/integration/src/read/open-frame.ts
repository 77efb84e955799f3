import { SourceError, describe } from '@ml4t/core';
import { openArrowFile, openArrowTable } from '../arrow/frame.ts';
import { openFile, openQuery } from '../duckdb/frame.ts';
import { formatOfPath } from '../duckdb/relation.ts';
import { openPostgres } from '../postgres/frame.ts';
import { openRows } from '../rows/frame.ts';
import type { Frame } from './frame.ts';
import type { PanelSource, SourceOptions } from './options.ts';

/** Opens any source behind the one interface that readers know. The caller closes it. */
export async function openFrame(source: PanelSource, options: SourceOptions = {}): Promise<Frame> {
  if (typeof source === 'string') {
    const format = formatOfPath(source);
    return format === 'arrow' ? openArrowFile(source) : openFile(source, format, options);
  }
  if (typeof source === 'object' && source !== null) {
    if ('postgres' in source) return openPostgres(source);
    if ('query' in source) return openQuery(source, options);
    if ('schema' in source && 'batches' in source) return openArrowTable(source);
    if ('rows' in source || 'columns' in source) return openRows(source);
  }
  throw new SourceError({
    field: 'source',
    expected: 'a path, { query }, { postgres, query }, { rows }, { columns }, or an Arrow table',
    found: describe(source),
    remedy: 'Pass one of these.',
  });
}

import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnKind, FrameColumn, RowRequest } from '../read/frame.ts';
import type { ReadNote } from '../read/report.ts';

/** How a CSV file is read: numeric columns by DuckDB's parser, or as text that is converted afterwards. */
export type CsvMode = 'typed' | 'text';

/** Something that DuckDB reads rows from. Its columns go by their position, c0, c1, …: names are the source's own business. */
export interface Relation {
  readonly columns: readonly FrameColumn[];
  readonly notes?: readonly ReadNote[];
  /** True where numbers can be read as text only. */
  readonly needsText?: boolean;
  /** What stands after FROM, given the columns that are read. */
  sql(request?: RowRequest, mode?: CsvMode): string;
  /** Makes what was met readable; false where it cannot. */
  repair?(error: unknown): Promise<boolean>;
  /** Removes copies that were made. */
  close?(): void;
}

/** The columns of what stands after FROM, as DuckDB calls them. */
export async function describeColumns(connection: DuckDBConnection, relation: string): Promise<FrameColumn[]> {
  const result = await connection.run(`DESCRIBE SELECT * FROM ${relation}`);
  return columnsOf(await result.getRowsJS());
}

/** The columns of a query, under the names that it gives them. */
export async function queryRelation(connection: DuckDBConnection, query: string): Promise<Relation> {
  // As part of another query its columns would be renamed where two differ only in case.
  const named = columnsOf(await (await connection.run(`DESCRIBE (${query}\n)`)).getRowsJS());
  const list = named.map((_, k) => `c${k}`).join(', ');
  // The line break ends a trailing comment.
  const sql = `(${query}\n) AS frame(${list})`;
  return { columns: named, sql: () => sql };
}

function columnsOf(rows: readonly (readonly unknown[])[]): FrameColumn[] {
  return rows.map(([name, type]) => {
    const typeName = String(type);
    return {
      name: String(name),
      kind: kindOf(typeName),
      isInteger: /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(typeName),
      type: typeName.startsWith('ENUM') ? 'ENUM' : typeName,
      isInstant: typeName === 'TIMESTAMP WITH TIME ZONE',
    };
  });
}

function kindOf(type: string): ColumnKind {
  if (/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type)) return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'VARCHAR' || type === 'UUID' || /^ENUM\(.*\)$/s.test(type)) return 'text';
  if (type === 'DATE') return 'date';
  return type.startsWith('TIMESTAMP') ? 'timestamp' : 'other';
}

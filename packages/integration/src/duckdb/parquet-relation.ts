import type { DuckDBConnection } from '@duckdb/node-api';
import { SourceError } from '@ml4t/core';
import type { FrameColumn } from '../read/frame.ts';
import { sqlText } from './connection.ts';
import { describeColumns, type Relation } from './relation-columns.ts';

/** DuckDB reads decimals with more digits wrongly. */
const mostDigits = 38;

/**
 * One Parquet file, or several. Names are the files' own, to the letter: DuckDB, to which upper and lower case are one, calls the
 * second of RET and ret something else.
 */
export async function parquetRelation(
  connection: DuckDBConnection,
  label: string,
  patterns: readonly string[],
  hivePartitioning: boolean,
): Promise<Relation> {
  const files = `[${patterns.map(sqlText).join(', ')}]`;
  const schemas = await topLevelColumns(connection, files);
  const [first, ...others] = schemas;
  const isOne = others.every((schema) => JSON.stringify(schema) === JSON.stringify(first));
  if (!isOne)
    for (const schema of schemas) {
      const doubled = schema.find(({ name }, k) => schema.findIndex((other) => fold(other.name) === fold(name)) < k);
      if (doubled)
        throw new SourceError({
          field: label,
          expected: 'files of the same columns, or of columns whose names differ in more than upper and lower case',
          found: `${doubled.name} beside another spelling, and files with other columns`,
          remedy: 'Write all files with the same columns, or read those that have them by a pattern of their own.',
        });
    }
  const options = `hive_partitioning = ${hivePartitioning}${isOne ? '' : ', union_by_name = true'}`;
  const source = `read_parquet(${files}, ${options})`;
  const described = await describeColumns(connection, source);
  const digits = new Map(schemas.flat().map(({ name, precision }) => [fold(name), precision]));
  const columns = described.map((column, k): FrameColumn => {
    const name = isOne && k < first.length ? first[k].name : column.name;
    const precision = digits.get(fold(name)) ?? 0;
    if (precision <= mostDigits) return { ...column, name };
    return { name, kind: 'other', type: `DECIMAL of ${precision} digits`, isInteger: false };
  });
  return { columns, sql: () => `${source} AS frame(${columns.map((_, k) => `c${k}`).join(', ')})` };
}

const fold = (name: string): string => name.toLowerCase();

interface ParquetColumn {
  readonly name: string;
  readonly type: string;
  readonly precision: number;
}

/** The columns of each file, as it calls them. */
async function topLevelColumns(connection: DuckDBConnection, list: string): Promise<ParquetColumn[][]> {
  const result = await connection.run(
    `SELECT file_name, name, coalesce(num_children, 0)::INTEGER, coalesce(duckdb_type, ''), coalesce(precision, 0)::INTEGER
     FROM parquet_schema(${list})`,
  );
  const files = new Map<string, ParquetColumn[]>();
  let pending = 0;
  for (const [file, name, children, type, precision] of await result.getRowsJS()) {
    const columns = files.get(String(file));
    if (columns === undefined) {
      // The root, of which the columns are children.
      files.set(String(file), []);
      pending = 0;
    } else if (pending > 0) pending += Number(children) - 1;
    else {
      columns.push({ name: String(name), type: String(type), precision: Number(precision) });
      pending = Number(children);
    }
  }
  return [...files.values()];
}

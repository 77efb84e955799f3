import { ConfigError } from '@ml4t/core';
import { Field, RecordBatch, Schema, Table } from 'apache-arrow';

/**
 * A table with other names for some columns: `{ asset: 'symbol', fold: 'fold_id' }`. Data are shared.
 *
 * @throws ConfigError there is no such column, or two columns would have one name
 */
export function renameColumns(table: Table, names: Readonly<Record<string, string>>): Table {
  const { fields } = table.schema;
  for (const name of Object.keys(names))
    if (!fields.some((field) => field.name === name))
      throw new ConfigError({
        field: `names.${name}`,
        expected: `a column of the table: ${fields.map((field) => field.name).join(', ')}`,
        found: JSON.stringify(name),
        remedy: 'Name one of these columns.',
      });
  const renamed = fields.map(({ name, type, nullable, metadata }) => {
    return new Field(Object.hasOwn(names, name) ? names[name] : name, type, nullable, metadata);
  });
  const taken = new Set<string>();
  for (const { name } of renamed) {
    if (taken.has(name))
      throw new ConfigError({
        field: 'names',
        expected: 'each column name once',
        found: `${JSON.stringify(name)} again`,
        remedy: 'Choose another name.',
      });
    taken.add(name);
  }
  const schema = new Schema(renamed, table.schema.metadata);
  return new Table(
    schema,
    table.batches.map((batch) => new RecordBatch(schema, batch.data)),
  );
}

import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { Table } from 'apache-arrow';
import { flush } from '../write/atomic.ts';
import type { CsvOptions } from '../write/formulas.ts';
import { requireFileName, writeTable, type OutputFormat } from '../write/write-frame.ts';
import { feedSpecMapping } from './feed-specification.ts';
import { replaceGeneration, type WaitOptions } from './generation.ts';
import type { BacktestInputs } from './inputs.ts';
import { sha256 } from './hash.ts';
import { manifestFormat, type BacktestManifest, type ManifestFile } from './manifest.ts';

/** The tables of one generation, by the name of their files. */
export interface BacktestFrames {
  readonly predictions?: Table | undefined;
  readonly weights?: Table | undefined;
  readonly [name: string]: Table | undefined;
}

export interface WriteBacktestOptions extends WaitOptions {
  /** Writes signals, context and prices (where they are a table) as well, and says how `DataFeed` reads them. */
  readonly inputs?: BacktestInputs | undefined;
  /** `parquet` unless stated; DataFeed reads nothing else. */
  readonly format?: OutputFormat | undefined;
  /** How text goes to CSV. */
  readonly csv?: CsvOptions | undefined;
}

/** A generation that was written. */
export interface WrittenGeneration {
  readonly generation: number;
  readonly manifest: string;
  readonly files: readonly {
    readonly name: string;
    readonly path: string;
    readonly nRows: number;
    readonly bytes: number;
  }[];
}

/**
 * Writes tables that belong together, and replaces those that were written before as one: a reader who goes by
 * `manifest.json` sees the old generation whole or the new one whole, whenever the writer fails, is killed, or is still
 * at work. A failure leaves the folder as it was. The generation before is kept until the next is written.
 *
 * @param frames tables by name: `predictions`, `weights`, and any other
 * @throws OutputError something cannot be written, another writer is at work, or the folder holds something else
 * @example
 * const inputs = await backtestInputsFromForecast(forecast, { prices: 'prices.parquet' });
 * await writeBacktestFrames('runs/ipca', { predictions: predictionsTable(forecast, { returns }) }, { inputs });
 */
export async function writeBacktestFrames(
  directory: string,
  frames: BacktestFrames,
  options: WriteBacktestOptions = {},
): Promise<WrittenGeneration> {
  const { inputs, format = 'parquet', csv, wait, signal } = options;
  if (inputs && format !== 'parquet')
    throw new ConfigError({
      field: 'options.format',
      expected: "'parquet' for the inputs of a backtest",
      found: describe(format),
      remedy: 'Leave it out, or write other formats with writeFrames().',
    });
  const tables = tablesOf(frames, inputs);
  const manifest = await replaceGeneration<Pick<BacktestManifest, 'files' | 'data_feed'>>(
    directory,
    manifestFormat,
    async (folder, name) => {
      const files: ManifestFile[] = [];
      for (const [frame, table] of tables) {
        const file = `${frame}.${format}`;
        const path = join(folder, file);
        await writeTable(table, path, { csv });
        await flush(path);
        files.push({
          name: frame,
          path: `${name}/${file}`,
          rows: table.numRows,
          bytes: (await stat(path)).size,
          sha256: await sha256(path),
        });
      }
      return { files, ...(inputs ? { data_feed: dataFeed(inputs, files) } : {}) };
    },
    { wait, signal },
  );
  return {
    generation: manifest.generation,
    manifest: join(directory, 'manifest.json'),
    files: manifest.files.map(({ name, path, rows, bytes }) => ({
      name,
      path: join(directory, path),
      nRows: rows,
      bytes,
    })),
  };
}

function tablesOf(frames: BacktestFrames, inputs: BacktestInputs | undefined): readonly (readonly [string, Table])[] {
  const tables = new Map<string, Table>();
  const add = (name: string, table: Table | undefined): void => {
    if (table === undefined) return;
    requireFileName(name);
    if (tables.has(name))
      throw new ConfigError({
        field: `frames.${name}`,
        expected: 'another name: the inputs of the backtest have one of this name',
        found: JSON.stringify(name),
        remedy: 'Rename the table.',
      });
    tables.set(name, table);
  };
  if (inputs) {
    add('signals', inputs.signals);
    add('context', inputs.context);
    add('prices', typeof inputs.prices === 'string' ? undefined : inputs.prices);
  }
  for (const [name, table] of Object.entries(frames)) add(name, table);
  if (tables.size > 0) return [...tables];
  throw new ConfigError({
    field: 'frames',
    expected: 'at least one table',
    found: 'none',
    remedy: 'Pass predictions, weights, or the inputs of a backtest.',
  });
}

/** The arguments of `DataFeed`; paths within the folder are relative to it. */
function dataFeed(inputs: BacktestInputs, files: readonly ManifestFile[]): BacktestManifest['data_feed'] {
  const pathOf = (name: string): string | undefined => files.find((file) => file.name === name)?.path;
  const prices = typeof inputs.prices === 'string' ? resolve(inputs.prices) : pathOf('prices');
  const signals = inputs.signals && pathOf('signals');
  const context = inputs.context && pathOf('context');
  return {
    prices_path: prices ?? '',
    ...(signals === undefined ? {} : { signals_path: signals }),
    ...(context === undefined ? {} : { context_path: context }),
    feed_spec: feedSpecMapping(inputs.feed),
  };
}

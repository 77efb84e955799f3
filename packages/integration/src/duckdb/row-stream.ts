import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { EngineError, SourceError } from '@ml4t/core';
import { isNull, type NumberChunk, type RowChunk, type RowRequest, type TextChunk } from '../read/frame.ts';
import type { KeyDictionary } from '../read/key-dictionary.ts';
import { doubles, stringHeaders, textAt, wordPairs } from './vectors.ts';

/** The rows of a query that `selectRows` wrote, chunk by chunk in its order, each a view of DuckDB's memory. */
export async function* streamRows(
  connection: DuckDBConnection,
  sql: string,
  request: RowRequest,
  isInterrupted: () => boolean,
): AsyncGenerator<RowChunk> {
  const result = await connection.stream(sql);
  // A timestamp column of doubles stands alone; one of text is followed by its hashes.
  const textStamp = result.columnCount === request.numbers.length + 4;
  const assetColumn = textStamp ? 2 : 1;
  // DuckDB fills the next chunk, in a thread of its own, while the reader is busy with this one.
  const fetchNext = (): ReturnType<typeof result.fetchChunk> => {
    const chunk = result.fetchChunk();
    // An error is thrown where the chunk is awaited, not while nobody waits yet.
    chunk.catch(() => undefined);
    return chunk;
  };
  let next = fetchNext();
  try {
    for (;;) {
      const chunk = await next;
      if (!chunk || chunk.rowCount === 0) break;
      const { validity } = wordPairs(chunk, assetColumn + 1);
      const isLast = isNull(validity, chunk.rowCount - 1);
      const length = isLast ? chunk.rowCount - 1 : chunk.rowCount;
      next = fetchNext();
      const numbers: NumberChunk[] = request.numbers.map((_, k) => numberChunk(chunk, assetColumn + 2 + k));
      yield {
        length,
        timestamps: textStamp ? textChunk(chunk, 0, length) : numberChunk(chunk, 0),
        assets: textChunk(chunk, assetColumn, length),
        numbers,
      };
      if (!isLast) continue;
      if (((await next)?.rowCount ?? 0) === 0) return;
      throw new EngineError({
        field: '@duckdb/node-api',
        expected: 'rows in the order of the query',
        found: 'rows after the last one',
        remedy: 'Install the version that @ml4t/integration names in its package.json.',
      });
    }
  } finally {
    // Nobody may close the connection under it.
    await next.catch(() => undefined);
  }
  // Run once more without streaming, the query says what went wrong.
  if (!isInterrupted()) await connection.run(sql);
  throw new SourceError({
    field: 'source',
    expected: 'to be read to its end',
    found: 'rows that stopped short',
    remedy: 'Read it again: it may have been written to in the meantime.',
  });
}

function numberChunk(chunk: DuckDBDataChunk, column: number): NumberChunk {
  const { items, validity } = doubles(chunk, column);
  return { values: items, validity, validityOffset: 0 };
}

/** A text column followed by its hashes. */
function textChunk(chunk: DuckDBDataChunk, column: number, length: number): TextChunk {
  return {
    encode(dictionary: KeyDictionary, codes: Int32Array): void {
      const { items: headers, validity } = stringHeaders(chunk, column);
      const { items: hashes } = wordPairs(chunk, column + 1);
      for (let row = 0; row < length; row++) {
        if (isNull(validity, row)) {
          codes[row] = -1;
          continue;
        }
        const at = row * 4;
        const w0 = headers[at];
        const w1 = headers[at + 1];
        const short = w0 <= 12;
        const w2 = short ? headers[at + 2] : hashes[row * 2];
        const w3 = short ? headers[at + 3] : hashes[row * 2 + 1];
        const code = dictionary.find(w0, w1, w2, w3);
        codes[row] = code >= 0 ? code : dictionary.add(w0, w1, w2, w3, textAt(chunk, column, row));
      }
    },
  };
}

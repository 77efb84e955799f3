import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PostgresClient } from '../../src/index.ts';

type Answer = Awaited<ReturnType<PostgresClient['query']>>;
type Settle = (reply: { answer?: Answer; message?: string }) => void;

/** A PostgreSQL of one connection, as PGlite's own client would show it. */
export class TestPostgres implements PostgresClient {
  readonly #worker = new Worker(join(__dirname, 'pglite-worker.mjs'));
  readonly #waiting = new Map<number, Settle>();
  #sent = 0;

  constructor() {
    this.#worker.on('message', ({ id, ...reply }: { id: number; answer?: Answer; message?: string }) => {
      this.#waiting.get(id)?.(reply);
      this.#waiting.delete(id);
    });
  }

  query(sql: string): Promise<Answer> {
    return this.#send('query', sql);
  }

  /** Several statements. */
  exec(sql: string): Promise<Answer> {
    return this.#send('exec', sql);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(method: 'query' | 'exec', sql: string): Promise<Answer> {
    const id = this.#sent++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ answer, message }) => {
        if (answer) resolve(answer);
        else reject(new Error(message));
      });
      this.#worker.postMessage({ id, sql, method });
    });
  }
}

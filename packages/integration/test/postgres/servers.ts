import pg from 'pg';
import type { PostgresClient } from '../../src/index.ts';
import { TestPostgres } from './pglite.ts';

/** A connection that tests may write through. */
export interface TestClient extends PostgresClient {
  /** Several statements. */
  exec(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

/** PGlite always, and the server of DATABASE_URL where there is one, through the driver `pg`. */
export const servers: readonly (readonly [string, () => TestClient])[] = [
  ['PGlite', () => new TestPostgres()],
  ...(process.env.DATABASE_URL === undefined
    ? []
    : [['the server of DATABASE_URL', () => new ServerClient(process.env.DATABASE_URL)] as const]),
];

/** A connection of `pg` whose tables lie in a schema of its own, which is dropped at the end. */
class ServerClient implements TestClient {
  readonly #client: pg.Client;
  readonly #schema = `ml4t_test_${process.pid}`;
  readonly #ready: Promise<unknown>;

  constructor(connectionString: string | undefined) {
    this.#client = new pg.Client({ connectionString });
    this.#ready = this.#client
      .connect()
      .then(() => this.#client.query(`CREATE SCHEMA ${this.#schema}; SET search_path TO ${this.#schema}`));
  }

  async query(sql: string): ReturnType<PostgresClient['query']> {
    await this.#ready;
    return this.#client.query(sql);
  }

  exec(sql: string): Promise<unknown> {
    return this.query(sql);
  }

  async close(): Promise<void> {
    await this.query(`DROP SCHEMA ${this.#schema} CASCADE`);
    await this.#client.end();
  }
}

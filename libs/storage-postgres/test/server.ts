import { Client } from 'pg';
import { PostgresSink, type PostgresSinkOptions } from '@org/storage-postgres';
import { findPostgres, startPostgres, type PostgresServer } from '../../../tools/test-servers/postgres.mjs';

/** `describe`, or a skipped one that says why. */
export const describeWithServer: (name: string, tests: () => void) => void =
  findPostgres() === undefined
    ? (name, tests) =>
        describe.skip(`${name} (skipped: no PostgreSQL here, apt-get install postgresql)`, tests)
    : describe;

export interface TestDatabase {
  readonly server: PostgresServer;
  /** By a client of the test's own, which is there again after a restart. */
  query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  newSchema(): string;
  /** A sink in this schema, not open. */
  sink(schema: string, options?: PostgresSinkOptions): PostgresSink;
}

/** A server for the whole test file. Tests need no syncs: what a SIGKILL leaves is in the cache of the system. */
export function serverForAll(settings: Readonly<Record<string, string>> = { fsync: 'off' }): TestDatabase {
  const held: { server?: PostgresServer; client?: Client } = {};
  let schemas = 0;
  beforeAll(async () => {
    held.server = await startPostgres({ settings });
    held.client = await connect(held.server.url);
  });
  afterAll(async () => {
    await held.client?.end().catch(() => undefined);
    await held.server?.stop();
  });
  return {
    get server(): PostgresServer {
      return held.server!;
    },
    async query(text, values = []) {
      try {
        return (await held.client!.query<Record<string, unknown>>(text, values)).rows;
      } catch (error) {
        if ((error as { severity?: unknown }).severity === 'ERROR') throw error;
        held.client = await connect(held.server!.url);
        return (await held.client.query<Record<string, unknown>>(text, values)).rows;
      }
    },
    newSchema: () => `s${++schemas}`,
    sink(schema, options = {}) {
      return new PostgresSink({ url: held.server!.url, schema, ...options });
    },
  };
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

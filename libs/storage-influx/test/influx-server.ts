import { RECORD_TYPE, RecordBatchBuilder, type RecordMeta } from '@org/storage';
import { InfluxSink, type InfluxSinkOptions } from '@org/storage-influx';
import { findInflux, INFLUX_MISSING, startInflux } from '../../../tools/test-servers/influx.mjs';

export type Server = Awaited<ReturnType<typeof startInflux>>;
export type Row = Readonly<Record<string, unknown>>;

/** Tests that need a server; they are skipped, and say why, where it is not installed. */
export const describeWithInflux = findInflux() === undefined ? describe.skip : describe;
if (findInflux() === undefined) console.warn(`skipped: ${INFLUX_MISSING}`);

/** A server for the tests of a `describe`. */
export function influxServer(options?: Parameters<typeof startInflux>[0]): () => Server {
  let server: Server | undefined;
  beforeAll(async () => {
    server = await startInflux(options);
  });
  afterAll(() => server?.stop());
  return () => server!;
}

let databases = 0;

/** A name that no other test uses; the sink makes the database. */
export function newDatabase(): string {
  return `test_${++databases}`;
}

export function sinkOf(
  server: Server,
  database: string,
  options: Partial<InfluxSinkOptions> = {},
): InfluxSink {
  return new InfluxSink({ url: server.url, target: { database }, ...options });
}

/** An open sink over a new database, for `use`; closed afterwards. */
export async function withSink<T>(
  server: Server,
  use: (sink: InfluxSink, database: string) => Promise<T>,
  options: Partial<InfluxSinkOptions> = {},
): Promise<T> {
  const database = newDatabase();
  const sink = sinkOf(server, database, options);
  await sink.open();
  try {
    return await use(sink, database);
  } finally {
    await sink.close();
  }
}

/** Rows of an InfluxQL statement; times are ns, as text, which no number holds exactly. */
export async function query(server: Server, database: string, statement: string): Promise<Row[]> {
  const parameters = new URLSearchParams({ db: database, epoch: 'ns', q: statement }).toString();
  const response = await fetch(`${server.url}/query?${parameters}`, { method: 'POST' });
  const text = (await response.text()).replace(/\[(\d{17,}),/g, '["$1",');
  const { results } = JSON.parse(text) as {
    results: { error?: string; series?: { columns: string[]; tags?: Row; values: unknown[][] }[] }[];
  };
  const [result] = results;
  if (result?.error !== undefined) throw new Error(result.error);
  return (result?.series ?? []).flatMap(({ columns, tags = {}, values }) =>
    values.map((row) => ({ ...tags, ...Object.fromEntries(columns.map((column, at) => [column, row[at]])) })),
  );
}

/** Writes lines as another program would. */
export async function writeAsOther(server: Server, database: string, lines: string): Promise<void> {
  const response = await fetch(`${server.url}/write?db=${database}`, { method: 'POST', body: lines });
  if (response.status !== 204) throw new Error(await response.text());
}

export async function countPoints(server: Server, database: string, measurement: string): Promise<number> {
  const [row] = await query(server, database, `SELECT count("local_time") AS n FROM "${measurement}"`);
  return Number(row?.['n'] ?? 0);
}

/** 2026-01-02T12:00:00Z */
export const NOON_US = Date.UTC(2026, 0, 2, 12) * 1000;
export const NOON_MS = NOON_US / 1000;

export interface TestRecord extends Partial<RecordMeta> {
  readonly payload: string | object;
}

export function batchOf(...records: readonly TestRecord[]): Buffer {
  const builder = new RecordBatchBuilder(1024);
  for (const { payload, ...meta } of records) {
    const defaults = {
      type: RECORD_TYPE.frame,
      stream: 'BTCUSDT@aggTrade',
      receivedAtUs: NOON_US,
      line: 0,
      connectionId: 1,
    };
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    builder.append({ ...defaults, ...meta }, Buffer.from(text));
  }
  return builder.take();
}

/** The combined-stream envelope of an event. */
export function frame(data: object): object {
  return { stream: 'any', data };
}

export function aggTrade(id: number, more: object = {}): TestRecord {
  const data = {
    e: 'aggTrade',
    E: NOON_MS + 2,
    a: id,
    s: 'BTCUSDT',
    p: '60000.10',
    q: '0.010',
    f: id,
    l: id,
  };
  return { payload: frame({ ...data, T: NOON_MS, m: false, ...more }) };
}

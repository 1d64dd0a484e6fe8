import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface FakeRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Expanded where it was compressed. */
  readonly body: string;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Never comes. */
  readonly isLost?: boolean;
  /** The connection ends instead. */
  readonly isReset?: boolean;
}

const EMPTY_RESULT = JSON.stringify({ results: [{ statement_id: 0 }] });

/** Answers as told, and says what it was asked: for what a real server cannot be made to do. */
export class FakeInflux {
  readonly requests: FakeRequest[] = [];
  /** The answer to lines; default: they are stored. */
  onWrite: (request: FakeRequest) => FakeAnswer = () => ({ status: 204 });
  /** The answer to a query; default: the sink's own points as they were written, and nothing else. */
  onQuery: (statement: string) => FakeAnswer = (statement) => this.#ownPoints(statement);
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  /** Connections that came. */
  connections = 0;

  async start(): Promise<this> {
    this.#server.on('connection', () => this.connections++);
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lines of market data that were sent. */
  get lines(): string[] {
    return this.requests
      .filter(({ path }) => path.includes('/write'))
      .flatMap(({ body }) => body.split('\n').slice(0, -1))
      .filter((line) => !line.startsWith('recorder_'));
  }

  #ownPoints(statement: string): FakeAnswer {
    const measurement = ['recorder_cursor', 'recorder_state'].find((name) => statement.includes(name));
    if (measurement === undefined) return { status: 200, body: EMPTY_RESULT };
    const points = this.requests
      .flatMap(({ body }) => body.split('\n'))
      .filter((line) => line.startsWith(`${measurement},`))
      .map((line): Readonly<Record<string, unknown>> => ({ recorder: 'recorder', ...fieldsOf(line) }));
    const columns = Object.keys(points[0] ?? {});
    return rowsAnswer(columns, points.map((point) => columns.map((column) => point[column]))); // prettier-ignore
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const { headers, method = '', url: path = '' } = request;
    const body = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
    const received = { method, path, headers, body };
    this.requests.push(received);
    const isWrite = path.includes('/write');
    const answer = isWrite ? this.onWrite(received) : this.onQuery(new URLSearchParams(body).get('q') ?? '');
    if (answer.isReset) request.socket.destroy();
    else if (!answer.isLost) response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  }
}

/** A fake server of its own for each test. */
export function fakeInflux(): () => FakeInflux {
  let fake: FakeInflux | undefined;
  beforeEach(async () => {
    fake = await new FakeInflux().start();
  });
  afterEach(() => fake?.stop());
  return () => fake!;
}

/** The answer to a query with these rows. */
export function rowsAnswer(columns: readonly string[], values: readonly (readonly unknown[])[]): FakeAnswer {
  return { status: 200, body: JSON.stringify({ results: [{ series: [{ name: 'any', columns, values }] }] }) };
}

/** The fields of a line whose strings have neither blanks nor commas. */
function fieldsOf(line: string): Record<string, unknown> {
  const pairs = line
    .split(' ')[1]!
    .split(',')
    .map((pair): [string, unknown] => {
      const at = pair.indexOf('=');
      const value = pair.slice(at + 1);
      return [pair.slice(0, at), value.startsWith('"') ? value.slice(1, -1) : Number.parseInt(value, 10)];
    });
  return Object.fromEntries(pairs);
}

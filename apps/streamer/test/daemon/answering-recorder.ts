import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AnsweringRecorder {
  readonly url: string;
  close(): void;
}

/** What answers as a recorder does; `answer` gives the body, or undefined for no answer at all. */
export async function answering(answer: (path: string) => unknown): Promise<AnsweringRecorder> {
  const server = createServer((request, response) => {
    const body = answer(request.url ?? '');
    if (body === undefined) return;
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

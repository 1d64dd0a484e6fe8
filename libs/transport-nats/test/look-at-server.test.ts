import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionTo, judgeVersion, lookAtServer } from '@org/transport-nats';
import { startNats } from '../../../tools/test-servers/nats.mjs';
import { itWithNats, sharedServer } from './cluster.ts';

const server = sharedServer();
const look = (url: string) => lookAtServer({ connection: connectionTo([url]), requestTimeoutMs: 500 });

async function withServer(configuration: string, test: (url: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nats-conf-'));
  const file = join(folder, 'nats.conf');
  writeFileSync(file, configuration);
  const own = await startNats({ args: ['-c', file] });
  try {
    await test(own.url);
  } finally {
    await own.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Takes connections, and says nothing. */
async function silentListener(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets: Socket[] = [];
  const listener = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      // The client leaves the socket of a connection that was not made in time to its peer.
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

describe('a look at a server', () => {
  itWithNats('tells its version and that it has JetStream, and makes nothing there', async () => {
    const sight = await look(server().url);
    expect(sight.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(sight).toEqual({
      version: sight.version,
      hasJetStream: true,
      reasons: judgeVersion(sight.version),
    });
  });

  itWithNats('tells that the user has no JetStream', async () => {
    const accounts = 'accounts { A: { users: [{ user: a, password: a }] } }\nno_auth_user: a\n';
    await withServer(accounts, async (url) => {
      expect(await look(url)).toMatchObject({ hasJetStream: false });
    });
  });

  itWithNats('is refused where nobody knows the user', async () => {
    await withServer('authorization { user: a, password: a }\n', async (url) => {
      await expect(look(url)).rejects.toMatchObject({ code: 'SERVER_REFUSED', isPassing: false });
    });
  });

  it('ends where nobody answers, and where somebody says nothing', async () => {
    const silent = await silentListener();
    const { port } = silent;
    await expect(look(`nats://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    await silent.close();
    await expect(look(`nats://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });
});

describe('the judgement of a version', () => {
  it.each([
    ['2.9.10', ['VERSION_LOSES_STREAMS']],
    ['2.10.22', ['VERSION_LOSES_STREAMS']],
    ['2.10.23', []],
    ['2.11.0-RC.1', []],
    ['3.0.0', []],
    ['unknown', ['VERSION_UNKNOWN']],
  ])('of %s has the doubts %j', (version, codes) => {
    expect(judgeVersion(version).map(({ code }) => code)).toEqual(codes);
  });
});

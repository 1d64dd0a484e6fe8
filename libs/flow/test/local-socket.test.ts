import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { BatchReceiver, FeedPublisher, localSocketPath } from '@org/flow';
import { codeOf, TemporarySockets } from './temporary-sockets.ts';

const sockets = new TemporarySockets();
afterEach(() => sockets.closeAll());
afterAll(() => sockets.remove());

const receiverAt = (socketPath: string): BatchReceiver =>
  sockets.closing(new BatchReceiver({ socketPath, handlers: { batch: () => Promise.resolve() } }));

/** A socket file whose process is gone: it is moved away while its server removes its own name. */
async function leaveStaleSocket(socketPath: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  renameSync(socketPath, `${socketPath}.away`);
  await new Promise((resolve) => server.close(resolve));
  renameSync(`${socketPath}.away`, socketPath);
}

describe('a socket that listens', () => {
  it('admits only its owner, whatever the umask is', async () => {
    const before = process.umask(0);
    try {
      const [first, second] = [sockets.next(), sockets.next()];
      await receiverAt(first).listen();
      await sockets.closing(new FeedPublisher({ socketPath: second })).listen();
      expect([first, second].map((each) => statSync(each).mode & 0o777)).toEqual([0o600, 0o600]);
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(before);
    }
  });

  it('is not waited for any longer when the receiver is closed', async () => {
    const socketPath = sockets.next();
    await receiverAt(socketPath).listen();
    const waiting = new BatchReceiver({
      socketPath,
      listenTimeoutMs: 60_000,
      handlers: { batch: () => Promise.resolve() },
    });
    const listening = waiting.listen();
    await waiting.close();
    await expect(listening).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });

  it('is removed by close', async () => {
    const socketPath = sockets.next();
    const receiver = receiverAt(socketPath);
    await receiver.listen();
    expect(existsSync(socketPath)).toBe(true);
    await receiver.close();
    expect(existsSync(socketPath)).toBe(false);
  });

  it('is not taken from a living process', async () => {
    const socketPath = sockets.next();
    await receiverAt(socketPath).listen();
    await expect(receiverAt(socketPath).listen()).rejects.toMatchObject({
      code: 'SOCKET_IN_USE',
      socketPath,
    });
    await expect(new FeedPublisher({ socketPath }).listen()).rejects.toMatchObject({ code: 'SOCKET_IN_USE' });
    expect(existsSync(socketPath)).toBe(true);
  });

  it('takes the place of one that nobody answers', async () => {
    const socketPath = sockets.next();
    await leaveStaleSocket(socketPath);
    await receiverAt(socketPath).listen();
    expect(readdirSync(sockets.folder)).toEqual([path.basename(socketPath)]);
  });

  it('does not take the place of a file that is no socket', async () => {
    const socketPath = sockets.next();
    writeFileSync(socketPath, 'precious');
    await expect(receiverAt(socketPath).listen()).rejects.toMatchObject({ code: 'SOCKET_IN_USE' });
    expect(readFileSync(socketPath, 'utf8')).toBe('precious');
    rmSync(socketPath);
  });

  it('is held by exactly one of many that start at once over a stale one', async () => {
    const socketPath = sockets.next();
    await leaveStaleSocket(socketPath);
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => receiverAt(socketPath).listen()),
    );
    expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
    for (const each of results)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'SOCKET_IN_USE' });
    expect(readdirSync(sockets.folder)).toEqual([path.basename(socketPath)]);
  });

  it('is not kept out by the lock of a process that died with it', async () => {
    const socketPath = sockets.next();
    await leaveStaleSocket(socketPath);
    writeFileSync(`${socketPath}.lock`, '');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${socketPath}.lock`, longAgo, longAgo);
    await receiverAt(socketPath).listen();
    expect(readdirSync(sockets.folder)).toEqual([path.basename(socketPath)]);
  });

  it('needs a path that the kernel can hold', async () => {
    const socketPath = path.join(sockets.folder, `${'x'.repeat(100)}.sock`);
    await expect(receiverAt(socketPath).listen()).rejects.toMatchObject({ code: 'SOCKET_PATH_TOO_LONG' });
  });
});

describe('the path of a local socket', () => {
  const made: string[] = [];
  afterEach(() => {
    for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  /** A prefix that nobody else uses, and the folder that it stands for. */
  const fresh = (): { prefix: string; folder: string } => {
    const prefix = `flow-test-${process.pid}-${made.length}`;
    const folder = path.join(tmpdir(), `${prefix}-${userInfo().uid}`);
    made.push(folder);
    return { prefix, folder };
  };

  it('depends on the key alone', () => {
    const { prefix, folder } = fresh();
    const paths = ['/data/a', '/data/b', '/data/a'].map((key) => localSocketPath(key, prefix));
    expect(paths[0]).toBe(paths[2]);
    expect(paths[0]).not.toBe(paths[1]);
    expect(path.dirname(paths[0]!)).toBe(folder);
    expect(localSocketPath('x'.repeat(10_000), prefix).length).toBeLessThan(100);
  });

  it('lies in a folder that admits only its owner', () => {
    const { prefix, folder } = fresh();
    localSocketPath('key', prefix);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o777);
    localSocketPath('key', prefix);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('is refused when the folder is a link, a file, or too deep', () => {
    const [link, file] = [fresh(), fresh()];
    symlinkSync(sockets.folder, link.folder);
    writeFileSync(file.folder, '');
    expect(codeOf(() => localSocketPath('key', link.prefix))).toBe('SOCKET_FOLDER_UNSAFE');
    expect(codeOf(() => localSocketPath('key', file.prefix))).toBe('SOCKET_FOLDER_UNSAFE');
    expect(codeOf(() => localSocketPath('key', 'x'.repeat(90)))).toBe('SOCKET_PATH_TOO_LONG');
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('is refused when the folder belongs to somebody else', () => {
    const { prefix, folder } = fresh();
    mkdirSync(folder);
    execFileSync('chown', ['65534', folder]);
    expect(codeOf(() => localSocketPath('key', prefix))).toBe('SOCKET_FOLDER_UNSAFE');
  });
});

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import path from 'node:path';
import { BatchReceiver, FeedPublisher } from '@org/flow';
import { eventually, TemporarySockets } from './temporary-sockets.ts';

const sockets = new TemporarySockets();
const processes: ListeningProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
  await sockets.closeAll();
});
afterAll(() => sockets.remove());

/** The processes run what was built, as users do. */
beforeAll(() => {
  if (!existsSync('libs/flow/dist/index.js'))
    throw new Error('not built: run npx tsc -b libs/flow/tsconfig.lib.json');
});

class ListeningProcess {
  readonly child: ChildProcess;
  readonly #said: string[] = [];

  constructor(socketPath: string) {
    this.child = spawn(process.execPath, [path.resolve('libs/flow/test/fixtures/listener.mjs'), socketPath], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdout!.on('data', (chunk: Buffer) => this.#said.push(...chunk.toString().trim().split('\n')));
    processes.push(this);
  }

  /** What became of it: 'ready', 'listening' or the code of an error. */
  get state(): string | undefined {
    return this.#said.at(-1);
  }

  ready(): Promise<void> {
    return eventually(() => this.state === 'ready', 'a process to be ready', 20_000);
  }

  async listen(): Promise<string> {
    const before = this.#said.length;
    this.child.stdin!.write('now\n');
    await eventually(() => this.#said.length > before, 'a process to listen', 10_000);
    return this.state!;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

async function start(socketPath: string, count: number): Promise<ListeningProcess[]> {
  const started = Array.from({ length: count }, () => new ListeningProcess(socketPath));
  await Promise.all(started.map((each) => each.ready()));
  return started;
}

const listen = (socketPath: string, listenTimeoutMs = 0): Promise<void> =>
  sockets
    .closing(new BatchReceiver({ socketPath, listenTimeoutMs, handlers: { batch: () => Promise.resolve() } }))
    .listen();
const inUse = { code: 'SOCKET_IN_USE' };

describe('a socket path that many processes want', () => {
  it('admits exactly one of 20 that ask at once, over nothing and over what a killed one left', async () => {
    const socketPath = sockets.next();
    const all = await start(socketPath, 21);
    const race = async (racing: readonly ListeningProcess[]): Promise<ListeningProcess> => {
      const states = await Promise.all(racing.map((each) => each.listen()));
      expect(states.toSorted()).toEqual([...Array<string>(19).fill('SOCKET_IN_USE'), 'listening']);
      expect(readdirSync(sockets.folder)).toEqual([path.basename(socketPath)]);
      return racing[states.indexOf('listening')]!;
    };
    const first = await race(all.slice(1));
    await first.kill();
    await race(all.filter((each) => each !== first));
  }, 60_000);

  it('stays with a process that was stopped, also when its queue of connections is full, until it is killed', async () => {
    const socketPath = sockets.next();
    const [holder] = await start(socketPath, 1);
    expect(await holder!.listen()).toBe('listening');
    holder!.child.kill('SIGSTOP');
    await expect(listen(socketPath)).rejects.toMatchObject(inUse);
    const peers: Socket[] = [];
    let refusal: string | undefined;
    while (refusal === undefined && peers.length < 10_000) {
      const peer = connect(socketPath);
      peers.push(peer);
      refusal = await new Promise((resolve) => {
        peer.once('connect', () => resolve(undefined));
        peer.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      });
    }
    expect(refusal).toBe('EAGAIN');
    await expect(listen(socketPath)).rejects.toMatchObject(inUse);
    await holder!.kill();
    await listen(socketPath);
    for (const peer of peers) peer.destroy();
  }, 60_000);

  it('is free at once when its process is killed', async () => {
    const socketPath = sockets.next();
    const [holder] = await start(socketPath, 1);
    expect(await holder!.listen()).toBe('listening');
    await holder!.kill();
    // Without any time to try again.
    await listen(socketPath);
  }, 60_000);

  it('is waited for as long as it is said, by a receiver and by a publisher', async () => {
    const socketPath = sockets.next();
    const [holder] = await start(socketPath, 1);
    expect(await holder!.listen()).toBe('listening');
    await expect(listen(socketPath, 120)).rejects.toMatchObject(inUse);
    const publisher = sockets.closing(new FeedPublisher({ socketPath, listenTimeoutMs: 30_000 }));
    let listening = false;
    const publishing = publisher.listen().then(() => (listening = true));
    // Longer than it takes to ask once.
    await expect(listen(socketPath, 120)).rejects.toMatchObject(inUse);
    expect(listening).toBe(false);
    await holder!.kill();
    await publishing;
    expect(listening).toBe(true);
  }, 60_000);
});

describe('the lock beside a socket path', () => {
  const withLock = (content: string): string => {
    const socketPath = sockets.next();
    writeFileSync(`${socketPath}.lock`, content);
    return socketPath;
  };

  it('dies with its process', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const socketPath = withLock(`${pid} 1`);
    await listen(socketPath);
    expect(existsSync(`${socketPath}.lock`)).toBe(false);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('is not that of another process that has its number now', async () => {
    await listen(withLock(`${process.pid} 1`));
  });

  it('keeps out everybody else while its process lives, however old it is', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
    const stat = existsSync(`/proc/${child.pid}/stat`) ? readFileSync(`/proc/${child.pid}/stat`, 'utf8') : '';
    const socketPath = withLock(`${child.pid} ${stat.split(' ')[21] ?? ''}`);
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(`${socketPath}.lock`, longAgo, longAgo);
    await expect(listen(socketPath)).rejects.toMatchObject(inUse);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    await listen(socketPath);
  });
});

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import type { Clock } from './clock.ts';
import { FlowError } from './errors.ts';
import { lockFile } from './lock-file.ts';

/** The kernel's limit is 108 bytes on Linux and 104 on macOS, the closing NUL included. */
const PATH_BYTES_MAX = 100;
const ONLY_OWNER = 0o700;
const ASK_AGAIN_MS = 50;

/**
 * The path of the socket that belongs to `key` (any text, such as the real path of a data folder): the same key gives
 * the same path to every process of this user with the same TMPDIR. It lies in `<tmpdir>/<prefix>-<uid>/`, which is
 * made when absent, belongs to this user and admits nobody else (0700). The folder stays when the socket goes.
 *
 * Throws {@link FlowError} SOCKET_FOLDER_UNSAFE (somebody else's folder, or no folder) or SOCKET_PATH_TOO_LONG.
 */
export function localSocketPath(key: string, prefix = 'flow'): string {
  const { uid } = userInfo();
  const folder = path.join(tmpdir(), `${prefix}-${uid}`);
  const socketPath = path.join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 24)}.sock`);
  checkPathLength(socketPath);
  try {
    mkdirSync(folder, { mode: ONLY_OWNER });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  // lstat: a link that somebody put there first would lead us into a folder of theirs.
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== uid) {
    const was = found.isDirectory() ? `one of uid ${found.uid}` : 'no folder';
    throw new FlowError(
      'SOCKET_FOLDER_UNSAFE',
      `socket folder ${folder}: expected a folder of uid ${uid}, was ${was}`,
    );
  }
  if ((found.mode & 0o777) !== ONLY_OWNER) chmodSync(folder, ONLY_OWNER);
  return socketPath;
}

export interface ListenOptions {
  readonly connectionsMax: number;
  /** How long it is tried again while somebody else answers. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Asked between two attempts. */
  readonly cancelled: () => boolean;
  readonly connected: (socket: Socket) => void;
  /** A connection was not taken: beyond the maximum, or for want of something else. */
  readonly dropped: () => void;
}

/**
 * Listens on a Unix socket that only this user can open (0600). A socket that nobody answers, left by a process that was
 * killed, is replaced; of several processes that try this at once, one succeeds. A process that was stopped still
 * answers. Closing the server removes the file. While somebody else answers it is tried again until the time is up.
 * Throws {@link FlowError} SOCKET_IN_USE when somebody answers or the file is no socket, SOCKET_PATH_TOO_LONG.
 */
export async function listenLocally(socketPath: string, options: ListenOptions): Promise<Server> {
  checkPathLength(socketPath);
  const { clock, timeoutMs } = options;
  const giveUpAtMs = clock.nowMs() + timeoutMs;
  for (;;) {
    try {
      return await listenOnce(socketPath, options);
    } catch (thrown) {
      const leftMs = giveUpAtMs - clock.nowMs();
      if (!(thrown instanceof FlowError) || thrown.code !== 'SOCKET_IN_USE' || leftMs <= 0) throw thrown;
      await new Promise<void>((resolve) => clock.setTimeout(resolve, Math.min(leftMs, ASK_AGAIN_MS)));
      if (options.cancelled())
        throw new FlowError('QUEUE_CLOSED', `socket ${socketPath}: closed before it listened`, {
          socketPath,
        });
    }
  }
}

async function listenOnce(socketPath: string, options: ListenOptions): Promise<Server> {
  if ((await askSocket(socketPath)) === 'alive') throw inUse(socketPath);
  /*
   * Without the lock, two could find the same stale socket, and the slower would remove the living one of the faster. It
   * is also held where there is no socket: between bind and listen there is one that nobody answers.
   */
  const unlock = await lockFile(`${socketPath}.lock`);
  if (unlock === undefined) throw inUse(socketPath);
  try {
    if (await isStale(socketPath)) unlinkSync(socketPath);
    return await bind(socketPath, options);
  } finally {
    unlock();
  }
}

async function bind(socketPath: string, options: ListenOptions): Promise<Server> {
  const server = createServer(options.connected);
  server.maxConnections = options.connectionsMax;
  server.on('drop', options.dropped);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? inUse(socketPath) : cause);
    });
    // The file exists from bind on, so a chmod afterwards would leave it open for a moment; the umask does not.
    // Exclusive: in a cluster worker the primary would listen instead.
    const before = process.umask(0o177);
    try {
      server.listen({ path: socketPath, exclusive: true }, resolve);
    } finally {
      process.umask(before);
    }
  });
  // From here on: no file descriptor is left for a connection, whose peer will try again.
  server.removeAllListeners('error').on('error', options.dropped);
  return server;
}

function checkPathLength(socketPath: string): void {
  const bytes = Buffer.byteLength(socketPath);
  if (bytes < PATH_BYTES_MAX) return;
  const limit = `expected fewer than ${PATH_BYTES_MAX}`;
  throw new FlowError('SOCKET_PATH_TOO_LONG', `socket path ${socketPath} of ${bytes} bytes, ${limit}`, {
    socketPath,
  });
}

function inUse(socketPath: string): FlowError {
  return new FlowError('SOCKET_IN_USE', `socket ${socketPath}: another process listens there`, {
    socketPath,
  });
}

/** True for a socket that nobody answers; once so, always so. Throws SOCKET_IN_USE when somebody answers. */
async function isStale(socketPath: string): Promise<boolean> {
  const state = await askSocket(socketPath);
  if (state === 'alive') throw inUse(socketPath);
  // Whoever connects to a file that is no socket is refused as well.
  return state === 'stale' && statSync(socketPath, { throwIfNoEntry: false })?.isSocket() === true;
}

function askSocket(socketPath: string): Promise<'alive' | 'stale' | 'absent'> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve('alive');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve('stale');
      else if (error.code === 'ENOENT') resolve('absent');
      // Its queue of connections is full: it lives, and is very busy. Or it was leaving while it had us in that queue.
      else if (error.code === 'EAGAIN' || error.code === 'ECONNRESET') resolve('alive');
      else reject(error);
    });
  });
}

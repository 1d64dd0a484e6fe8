import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePorts } from './free-ports.mjs';

/*
 * A PostgreSQL server for tests: Debian's package, a data folder of its own, a free port of loopback. It trusts everybody
 * on loopback, so it is for tests only.
 */

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const START_MS_MAX = 60_000;
const POLL_MS = 20;
const PORT_TRIES = 5;

/** The folder with `initdb` and `postgres`, of the newest version there is; undefined where there is none. */
export function findPostgres() {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).sort((a, b) => b - a) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN_FOLDER, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((program) => folder !== '' && existsSync(join(folder, program))),
  );
}

/**
 * Starts a server and waits until it answers.
 *
 * - `dir`: where its data folder is made; default the folder for temporary files.
 * - `settings`: as in postgresql.conf, over the defaults here. `fsync` is on unless told otherwise.
 *
 * Resolves to `{ url, port, pid, stop(), kill(), restart() }`: `stop` ends it and removes the data, `kill` is a SIGKILL of
 * all its processes at once, `restart` starts it again on the same port and data.
 */
export async function startPostgres({ dir = tmpdir(), settings = {} } = {}) {
  const bin = findPostgres();
  if (bin === undefined) throw new Error('expected PostgreSQL: apt-get install postgresql');
  const user = serverUser();
  const folder = mkdtempSync(join(dir, 'postgres-'));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const server = new Server(bin, folder, user, settings);
  const removeAtExit = () => server.remove();
  process.once('exit', removeAtExit);
  const stop = async () => {
    await server.kill('SIGINT');
    server.remove();
    process.off('exit', removeAtExit);
  };
  try {
    server.initialize();
    await server.startSomewhere();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `postgres://postgres@127.0.0.1:${server.port}/postgres`,
    port: server.port,
    get pid() {
      return server.child?.pid;
    },
    stop,
    kill: () => server.kill('SIGKILL'),
    restart: async () => {
      await server.kill('SIGKILL');
      await server.start();
    },
  };
}

/** PostgreSQL refuses to run as root: then it runs as its own user, who must own the data. */
function serverUser() {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

class Server {
  #bin;
  #folder;
  #user;
  #settings;
  #output = '';
  port = 0;
  child;

  constructor(bin, folder, user, settings) {
    this.#bin = bin;
    this.#folder = folder;
    this.#user = user;
    this.#settings = settings;
  }

  initialize() {
    const flags = [
      '-D',
      join(this.#folder, 'data'),
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-sync',
    ];
    const { status, stderr } = spawnSync(join(this.#bin, 'initdb'), [...flags, '--locale=C.UTF-8'], {
      ...this.#user,
      cwd: this.#folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  }

  /** Somebody else may take a free port before the server does: then another one. */
  async startSomewhere() {
    for (let left = PORT_TRIES; ; left--) {
      [this.port] = await freePorts(1);
      try {
        return await this.start();
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  }

  async start() {
    const deadline = Date.now() + START_MS_MAX;
    for (;;) {
      this.#spawn();
      // After a SIGKILL the memory of the server before may be in use for a moment: then this one ends, and comes again.
      if (await this.#isUp(deadline)) return;
      if (Date.now() > deadline || !this.#output.includes('still in use'))
        throw new Error(`postgres did not start: ${this.#output}`);
      await sleep(POLL_MS);
    }
  }

  #spawn() {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: this.port,
      unix_socket_directories: '',
      timezone: 'UTC',
      ...this.#settings,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#output = '';
    this.child = spawn(join(this.#bin, 'postgres'), ['-D', join(this.#folder, 'data'), ...flags], {
      ...this.#user,
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#output = (this.#output + text).slice(-4096);
    });
    // It must not keep a test alive that has forgotten it.
    this.child.unref();
    this.child.stderr.unref();
  }

  async #isUp(deadline) {
    const { child } = this;
    while (child.exitCode === null && child.signalCode === null) {
      if (await answers(this.port)) return true;
      if (Date.now() > deadline) break;
      await sleep(POLL_MS);
    }
    return false;
  }

  async kill(signal) {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    if (signal === 'SIGKILL') for (const pid of childrenOf(child.pid)) killQuietly(pid);
    child.kill(signal);
    await ended;
  }

  /** Now, without waiting: also called when the process of the test ends. */
  remove() {
    const { child } = this;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      for (const pid of childrenOf(child.pid)) killQuietly(pid);
      child.kill('SIGKILL');
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: POLL_MS });
  }
}

/** Processes of sessions; on systems without /proc they notice by themselves that the server is gone. */
function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function killQuietly(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * Whether the server takes sessions: the first message of a session is answered with a request for authentication,
 * or with an error while it starts (https://www.postgresql.org/docs/15/protocol-message-formats.html).
 */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(startupMessage()));
    const done = (isUp) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('data', (answer) => done(answer[0] === 'R'.charCodeAt(0)));
    socket.once('error', () => done(false));
    socket.once('close', () => resolve(false));
  });
}

function startupMessage() {
  const PROTOCOL_3 = 196_608;
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([head, parameters]);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// nats-server for tests: Debian's package, or whatever NATS_SERVER or the path has.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePorts } from './free-ports.mjs';

const ANSWER_TIMEOUT_MS = 30_000;
const LOOK_AGAIN_MS = 20;

/** The path of the binary, or undefined. */
export function findNats() {
  const named = process.env['NATS_SERVER'];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  return folders.map((folder) => join(folder, 'nats-server')).find((path) => existsSync(path));
}

/**
 * A server with JetStream on a free port of 127.0.0.1, its store in a temporary folder. `kill` ends it as a crash does,
 * `restart` starts it on the same port and store; `stop` ends it and removes the store, unless the folder was given.
 */
export async function startNats({ dir, args = [] } = {}) {
  const binary = findNats();
  if (binary === undefined) throw new Error('nats-server: expected it in the path, or named by NATS_SERVER');
  const folder = dir ?? (await mkdtemp(join(tmpdir(), 'nats-')));
  const [port] = await freePorts(1);
  let child = await startOn(binary, folder, port, args);
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid;
    },
    async kill() {
      await end(child, 'SIGKILL');
    },
    async restart() {
      await end(child, 'SIGKILL');
      child = await startOn(binary, folder, port, args);
    },
    async stop() {
      await end(child, 'SIGKILL');
      if (dir === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startOn(binary, folder, port, args) {
  const child = spawn(binary, ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => (said = (said + String(text)).slice(-4000)));
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  child.once('exit', () => process.removeListener('exit', onExit));
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await end(child, 'SIGKILL');
      throw new Error(`nats-server: expected an answer on port ${port}, was\n${said}`);
    }
    await wait(LOOK_AGAIN_MS);
  }
  return child;
}

/** It greets whoever connects. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (isThere) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('data', (text) => done(String(text).startsWith('INFO ')));
    socket.once('error', () => done(false));
  });
}

async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

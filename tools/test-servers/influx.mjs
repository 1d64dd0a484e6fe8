// An InfluxDB 1.x of its own for a test or a benchmark: free ports of loopback, data in a temporary folder.
import { spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePorts } from './free-ports.mjs';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
/** A port is free when it is asked for, and may be taken a moment later. */
const ATTEMPTS_MAX = 3;

/** What a test says when it is skipped. */
export const INFLUX_MISSING = 'influxd is missing: apt-get install influxdb';

/**
 * @typedef {object} InfluxServer
 * @property {string} url
 * @property {number} port
 * @property {number} pid of the server that runs now
 * @property {() => Promise<void>} stop ends it and removes its data
 * @property {() => Promise<void>} kill as `kill -9` does; the data stay
 * @property {() => Promise<void>} restart starts it again on its data and its port, after a kill if it still runs
 */

/**
 * The path of `influxd`; undefined where it is not installed.
 * @returns {string | undefined}
 */
export function findInflux() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, '/usr/bin', '/usr/sbin'].map((folder) => join(folder, 'influxd')).find(isExecutable);
}

/**
 * Starts a server and waits until it answers. `dir` is a folder for its data, which is left behind; by default a temporary
 * one, which is not. `settings` are lines for the sections of its configuration.
 * @param {{ dir?: string, settings?: { http?: string, data?: string } }} [options]
 * @returns {Promise<InfluxServer>}
 */
export async function startInflux({ dir, settings = {} } = {}) {
  const binary = findInflux();
  if (binary === undefined) throw new Error(INFLUX_MISSING);
  const folder = dir ?? mkdtempSync(join(tmpdir(), 'influxd-'));
  mkdirSync(folder, { recursive: true });
  const remove = () => {
    if (dir === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const { port, life: first } = await onFreePorts(binary, folder, settings);
    return serverOf({ binary, folder, port, first, remove });
  } catch (error) {
    remove();
    throw error;
  }
}

/** @typedef {{ pid: number, kill: (signal: NodeJS.Signals) => void, ended: Promise<void> }} Life */

/**
 * @param {{ binary: string, folder: string, port: number, first: Life, remove: () => void }} parts
 * @returns {InfluxServer}
 */
function serverOf({ binary, folder, port, first, remove }) {
  let life = first;
  const end = async (/** @type {NodeJS.Signals} */ signal) => {
    life.kill(signal);
    const timer = setTimeout(() => life.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await life.ended;
    clearTimeout(timer);
  };
  // Whoever ends without `stop` leaves no server behind.
  const atExit = () => {
    life.kill('SIGKILL');
    remove();
  };
  process.once('exit', atExit);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get pid() {
      return life.pid;
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGKILL');
      life = await launch(binary, folder, port);
    },
    stop: async () => {
      process.off('exit', atExit);
      await end('SIGKILL');
      remove();
    },
  };
}

/**
 * @param {string} binary
 * @param {string} folder
 * @param {{ http?: string, data?: string }} settings
 */
async function onFreePorts(binary, folder, settings) {
  for (let attempt = 1; ; attempt++) {
    const [port, rpcPort] = await freePorts(2);
    writeFileSync(join(folder, 'influxdb.conf'), configuration(folder, port, rpcPort, settings));
    try {
      return { port, life: await launch(binary, folder, port) };
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

/**
 * @param {string} binary
 * @param {string} folder
 * @param {number} port
 * @returns {Promise<Life>}
 */
async function launch(binary, folder, port) {
  const log = join(folder, 'influxd.log');
  const output = openSync(log, 'w');
  const child = spawn(binary, ['run', '-config', join(folder, 'influxdb.conf')], {
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let isOver = false;
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    const over = () => {
      isOver = true;
      resolve();
    };
    child.once('exit', over).once('error', over);
  });
  const kill = (/** @type {NodeJS.Signals} */ signal) => void (isOver || child.kill(signal));
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (isOver || Date.now() > deadlineMs) {
      kill('SIGKILL');
      await ended;
      throw new Error(`influxd did not start: ${readFileSync(log, 'utf8').slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { pid: child.pid ?? 0, kill, ended };
}

/**
 * @param {string} folder
 * @param {number} port
 * @param {number} rpcPort
 * @param {{ http?: string, data?: string }} settings
 */
function configuration(folder, port, rpcPort, settings) {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = ${JSON.stringify(join(folder, 'meta'))}
  logging-enabled = false
[data]
  dir = ${JSON.stringify(join(folder, 'data'))}
  wal-dir = ${JSON.stringify(join(folder, 'wal'))}
  wal-fsync-delay = "0s"
  query-log-enabled = false
  ${settings.data ?? ''}
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
  ${settings.http ?? ''}
[monitor]
  store-enabled = false
`;
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function answers(port) {
  return new Promise((resolve) => {
    const ping = request(
      { host: '127.0.0.1', port, path: '/ping', agent: false, timeout: 1000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 204);
      },
    );
    ping.once('timeout', () => ping.destroy());
    ping.once('error', () => resolve(false));
    ping.end();
  });
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

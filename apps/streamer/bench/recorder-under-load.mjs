/** Starts the simulator under a load, over TLS, and a recorder beside it; each in processes of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const SIMULATOR = path.resolve('libs/exchange-simulator/dist/main.js');
const RECORDER = path.resolve('apps/streamer/dist/main.js');
const START_TIMEOUT_MS = 30_000;

/** `flags` of the simulator's `serve`. Resolves when it listens. */
export async function startExchange(folder, flags) {
  const certificate = path.join(folder, 'exchange.pem');
  const report = path.join(folder, 'exchange.json');
  const args = [
    'serve',
    '--port',
    '0',
    '--control',
    '--tls-ca-file',
    certificate,
    '--report',
    report,
    ...flags,
  ];
  const child = spawn(process.execPath, [SIMULATOR, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await firstLine(child, child.stdout, /listening on (\S+) and (\S+)/);
  return { child, restUrl: line[1], wsUrl: line[2], certificate, reportFile: report };
}

/** `symbols` is that section of its configuration. Resolves when its status can be asked for. */
export async function startRecorder(folder, exchange, symbols, nodeFlags = []) {
  const config = path.join(folder, 'config.yaml');
  writeFileSync(config, JSON.stringify({
    network: { rest_url: exchange.restUrl, ws_url: exchange.wsUrl },
    symbols,
    storage: { output_dir: path.join(folder, 'data') },
    monitoring: { port: 0 },
    logging: { dir: path.join(folder, 'logs') },
  })); // prettier-ignore
  const child = spawn(process.execPath, [...nodeFlags, RECORDER, 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: exchange.certificate },
  });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  const [, monitoringUrl] = await firstLine(child, child.stderr, /monitoring=(\S+)/);
  return {
    child,
    dataDir: path.join(folder, 'data'),
    status: async () => (await fetch(new URL('/status', monitoringUrl))).json(),
    summary: () => said,
  };
}

/** Asks a process to end, and waits until it has. */
export async function stop(child, signal = 'SIGINT') {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill(signal);
  const [code] = await once(child, 'exit');
  return code;
}

export function makeFolder(parent) {
  return mkdtempSync(path.join(parent, 'load-bench-'));
}

/** Its first output that matches; warnings and errors of the process are passed on. */
function firstLine(child, stream, pattern) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no ${pattern} within ${START_TIMEOUT_MS} ms`)),
      START_TIMEOUT_MS,
    );
    child.once('exit', (code) => reject(new Error(`ended with exit code ${code} before ${pattern}`)));
    createInterface({ input: stream }).on('line', (line) => {
      if (/ (warn|error) /.test(line)) console.error(`  ${line}`);
      const match = pattern.exec(line);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match);
    });
  });
}

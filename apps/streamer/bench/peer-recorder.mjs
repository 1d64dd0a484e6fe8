/** Runs the recorder that is made of the usual parts, against the exchange of a load. */
import { spawn } from 'node:child_process';
import path from 'node:path';

const PEER = path.resolve('bench/peers/typical-recorder.mjs');

/** Resolves with what it prints: messages, levels, rows, `cpuUsPerMessage`. */
export function runPeer({ wsUrl, certificate }, symbols, { warmSeconds, seconds }) {
  const streams = symbols.map((symbol) => `${symbol.toLowerCase()}@depth@0ms`).join();
  const args = [
    '--url', `${wsUrl}/public/stream`, '--subscribe', streams, '--ca', certificate,
    '--warm-up', String(warmSeconds), '--seconds', String(seconds),
  ]; // prettier-ignore
  const child = spawn(process.execPath, [PEER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (text) => (printed += text));
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(printed));
      else reject(new Error(`the peer ended with exit code ${code}`));
    });
  });
}

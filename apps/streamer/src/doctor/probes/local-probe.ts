import { connect, createServer } from 'node:net';
import type { PortFacts } from '../checks/check-recorder.ts';
import { recorderSockets } from '../../control/recorder-sockets.ts';
import { realFolder } from './folder-probe.ts';

const ANSWER_TIMEOUT_MS = 1500;

/** Whether somebody answers at the door of the folder's recorder. Nothing is said to it. */
export async function probeDoor(folder: string): Promise<boolean> {
  const path = await realFolder(folder);
  if (path === undefined) return false;
  const { doorSocket } = recorderSockets(path);
  return new Promise((resolve) => {
    const socket = connect(doorSocket);
    const answer = (isHeld: boolean): void => {
      socket.destroy();
      resolve(isHeld);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

/** Listens for a moment where the status will be, and looks who is there when that is not possible. */
export async function probePort(host: string, port: number): Promise<PortFacts> {
  const problem = await listening(host, port);
  const isRecorder = problem === 'EADDRINUSE' && (await isRecorderAt(host, port));
  return { host, port, problem, isRecorder };
}

function listening(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

const EVERY_ADDRESS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '[::1]'],
]);

async function isRecorderAt(host: string, port: number): Promise<boolean> {
  const address = EVERY_ADDRESS.get(host) ?? (host.includes(':') ? `[${host}]` : host);
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const response = await fetch(`http://${address}:${port}/status`, { signal, redirect: 'error' });
    const status = (await response.json()) as { readonly processes?: unknown } | null;
    return Array.isArray(status?.processes);
  } catch {
    return false;
  }
}

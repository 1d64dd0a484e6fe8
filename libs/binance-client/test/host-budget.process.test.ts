import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openHostBudget } from '@org/binance-client';
import { eventually } from './eventually.ts';

const ASKER = path.resolve('libs/binance-client/test/fixtures/asker.mjs');
const LIMIT = 40;
const WINDOW_MS = 400;

interface Line {
  readonly atMs: number;
  readonly who: string;
  readonly weight: number;
}

/** The asker runs what was built, as users do. */
beforeAll(() => {
  if (!existsSync('libs/binance-client/dist/host/host-budget.js'))
    throw new Error('not built: run npx tsc -b libs/binance-client/tsconfig.lib.json');
});

let folder: string;
let children: ChildProcess[];
let lines: Line[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'host-budget-'));
  children = [];
  lines = [];
});

afterEach(async () => {
  await Promise.all(children.map((child) => end(child)));
  rmSync(folder, { recursive: true, force: true });
});

const options = () => ({
  folder, host: 'fapi.binance.com', limitPerMinute: LIMIT, windowMs: WINDOW_MS, waiterTimeoutMs: 600, outstandingMaxMs: 600,
  attemptsMax: 10,
}); // prettier-ignore

function start(changed: object = {}): ChildProcess {
  const ask = { askers: 4, requests: 1e9, weight: 2, priority: 0, latencyMs: 20 };
  const child = spawn(process.execPath, [ASKER, JSON.stringify({ ...options(), ...ask, ...changed })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const texts = (rest + chunk.toString()).split('\n');
    rest = texts.pop()!;
    for (const text of texts) {
      const [atMs, who, weight] = text.split(' ');
      lines.push({ atMs: Number(atMs), who: who!, weight: Number(weight) });
    }
  });
  children.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
}

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
const grants = () => lines.filter(({ weight }) => weight > 0).sort((a, b) => a.atMs - b.atMs);
const grantsOf = (child: ChildProcess) => grants().filter(({ who }) => who === String(child.pid));
const whenReady = () =>
  eventually(() => lines.filter(({ who }) => who === 'ready').length >= children.length, 10_000);

/** The most weight in any span of a window's length. */
function mostInWindow(): number {
  const all = grants();
  let most = 0;
  let sum = 0;
  for (let first = 0, next = 0; first < all.length; first++) {
    for (; next < all.length && all[next]!.atMs < all[first]!.atMs + WINDOW_MS; next++)
      sum += all[next]!.weight;
    most = Math.max(most, sum);
    sum -= all[first]!.weight;
  }
  return most;
}

function longestPauseMs(fromMs: number, toMs: number): number {
  const times = grants().map(({ atMs }) => atMs).filter((atMs) => atMs > fromMs && atMs < toMs); // prettier-ignore
  return Math.max(...[...times, toMs].map((atMs, at) => atMs - (times[at - 1] ?? fromMs)));
}

describe('processes that share a host budget', () => {
  it('never use more than the limit in any window together, and use most of it', async () => {
    for (let time = 0; time < 3; time++) start();
    await whenReady();
    const fromMs = nowMs();
    await eventually(() => nowMs() > fromMs + 1_600);
    expect(mostInWindow()).toBeLessThanOrEqual(LIMIT);
    expect(mostInWindow()).toBeGreaterThan(0.7 * LIMIT);
    for (const child of children) expect(grantsOf(child).length).toBeGreaterThan(3);
  });

  it('are not held up by processes that are killed at any moment, and stay within the limit', async () => {
    const steady = start();
    await whenReady();
    const fromMs = nowMs();
    for (let time = 0; time < 3; time++) {
      const doomed = [start({ askers: 8, latencyMs: 2 }), start({ hammers: true })];
      await whenReady();
      await eventually(() => grantsOf(doomed[0]!).length > time, 10_000);
      await Promise.all(doomed.map((child) => end(child)));
    }
    const toMs = nowMs();
    expect(mostInWindow()).toBeLessThanOrEqual(LIMIT);
    expect(longestPauseMs(fromMs, toMs)).toBeLessThan(WINDOW_MS + 600);
    expect(grantsOf(steady).some(({ atMs }) => atMs > toMs - 2 * WINDOW_MS)).toBe(true);
  });

  it('go on while others are stopped in the middle of a change, and these go on when they are continued', async () => {
    const stopped = start({ priority: -1 });
    const hammer = start({ hammers: true });
    start();
    await whenReady();
    await eventually(() => grantsOf(stopped).length > 5);
    for (const child of [stopped, hammer]) child.kill('SIGSTOP');
    const fromMs = nowMs();
    await eventually(() => nowMs() > fromMs + 1_600);
    expect(longestPauseMs(fromMs, fromMs + 1_600)).toBeLessThan(600 + 2 * WINDOW_MS);
    const seen = grantsOf(stopped).length;
    const continuedAtMs = nowMs();
    for (const child of [stopped, hammer]) child.kill('SIGCONT');
    await eventually(() => grantsOf(stopped).length > seen + 5);
    // What it had been granted and not yet written down when it was stopped.
    lines = lines.filter(
      ({ who, atMs }) => who !== String(stopped.pid) || Math.abs(atMs - continuedAtMs) > 50,
    );
    expect(mostInWindow()).toBeLessThanOrEqual(LIMIT);
  });

  it('let the smaller priority go first, whichever process it is in', async () => {
    const other = start({ priority: 5, askers: 30, inFlightMax: 2 });
    await whenReady();
    await eventually(() => grantsOf(other).length > LIMIT / 2);
    const urgent = start({ priority: 0, askers: 60, requests: 60, latencyMs: 1, inFlightMax: 60 });
    await eventually(() => grantsOf(urgent).length >= 60, 10_000);
    const [first, last] = [grantsOf(urgent)[0]!.atMs, grantsOf(urgent).at(-1)!.atMs];
    const between = grantsOf(other).filter(({ atMs }) => atMs > first && atMs < last);
    // These may have been granted before, and written down after.
    expect(between.length).toBeLessThanOrEqual(2);
    await eventually(() => grantsOf(other).some(({ atMs }) => atMs > last));
  });

  it('all stop when one of them is banned, also those that start later, and go on together', async () => {
    start({ banAfter: 4 });
    start();
    await eventually(() => lines.some(({ who }) => who === 'banned'), 10_000);
    const bannedAtMs = lines.find(({ who }) => who === 'banned')!.atMs;
    const late = start();
    await eventually(() => grantsOf(late).length > 0, 10_000);
    const held = grants().filter(({ atMs }) => atMs > bannedAtMs && atMs < bannedAtMs + 1_480);
    expect(held).toEqual([]);
    expect(openHostBudget(options()).state().limitPerMinute).toBe(LIMIT);
  });
});

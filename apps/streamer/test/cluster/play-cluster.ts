import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findNats, startNats } from '../../../../tools/test-servers/nats.mjs';
import { audit, type Audit } from '../faults/audit.ts';
import { chanceOf } from '../faults/chance.ts';
import { ExchangeProcess } from '../faults/exchange-process.ts';
import { expectedRows, recordedRows } from '../process/capture-rows.ts';
import { eventually, requireClean, type Replay, replay, temporaryFolder } from '../process/recorder.ts';
import { ClusterKiller, delivers, type Kill, type Nodes } from './kill-cluster.ts';
import { NodeProcess, type NodeStatus } from './node-process.ts';
import { requireSealed, stopPacked, unpackAll } from './packed-files.ts';
import { folderOf, putTogether } from './put-together.ts';
import { servedBooks } from './served-books.ts';

export const CAPTURES = resolve('../shared/data');
/** What the captures hold. */
export const LONG = {
  capture: 'usdm-2024-07-18',
  symbols: ['BTCUSDT', 'ETHUSDT'],
  streams: ['depth@0ms', 'bookTicker', 'trade'],
};
export const SHORT = {
  capture: 'usdm-2021-07-22',
  symbols: ['SUSHIUSDT', 'CTKUSDT'],
  streams: ['aggTrade', 'depth@100ms', 'kline_1m'],
};
const PARTITIONS = 4;
/** The shortest that there is. */
const ROTATION_MS = 10_000;
const COMMITTED_WITHIN_MS = 60_000;

/** `it` where the captures and the server are there. */
export const itOfCluster =
  findNats() !== undefined && existsSync(CAPTURES)
    ? it
    : (name: string, test: () => Promise<void>, timeoutMs?: number) =>
        it.skip(`${name} (not here: needs nats-server and ../shared/data)`, test, timeoutMs);

export interface ClusterPlay {
  readonly seed: number;
  readonly capture: string;
  readonly symbols: readonly string[];
  readonly streams: readonly string[];
  /** How much faster than it was. */
  readonly speed: number;
  readonly leaseMs: number;
  readonly patienceMs: number;
  readonly collectors: readonly string[];
  readonly writers: readonly string[];
  /** Machines that keep books of everything; none when absent. */
  readonly bookNodes?: readonly string[];
  /** Writers that are not started at first. */
  readonly spares?: readonly string[];
  /** What happens while it is played, from the moment when both collectors deliver. */
  readonly during: (nodes: Nodes, killer: ClusterKiller) => Promise<void>;
}

export interface ClusterEnd {
  readonly kills: readonly Kill[];
  readonly killedForMs: number;
  readonly audits: readonly Audit[];
  /** Rows of every symbol and kind, and where they first differ from those of the capture; -1 where they do not. */
  readonly rows: readonly {
    readonly what: string;
    readonly stored: number;
    readonly sent: number;
    readonly differsAt: number;
  }[];
  readonly replays: readonly Replay[];
  readonly books: readonly object[];
  /** What each machine that keeps books gave at the end, and what it should. */
  readonly served: readonly { readonly given: object; readonly expected: object }[];
  readonly exitCodes: readonly (number | null)[];
  readonly lefts: readonly string[];
  /** Files with rows whose period is over, and that are not packed. */
  readonly unpacked: readonly string[];
  readonly packed: number;
  /** What the nodes said of gaps: those of one collector are its own, those of a writer are in what is stored. */
  readonly gapLines: readonly string[];
  readonly generations: number;
}

/** Two collectors of the same symbols, two writers, one server, and an exchange that plays a capture; then what is stored. */
export async function playCluster(play: ClusterPlay): Promise<ClusterEnd> {
  const root = temporaryFolder();
  const server = await startNats();
  const exchange = await ExchangeProcess.start([
    '--replay',
    join(CAPTURES, play.capture),
    '--speed',
    String(play.speed),
    '--no-weight',
  ]);
  const config = {
    network: { ...exchange.network },
    symbols: { pairs: play.symbols, streams: play.streams },
    storage: { rotation: `${ROTATION_MS}ms` },
    cluster: {
      servers: server.url,
      partitions: PARTITIONS,
      lease: `${play.leaseMs}ms`,
      stop_timeout: '30s',
      patience: `${play.patienceMs}ms`,
    },
  };
  const spares = new Set(play.spares);
  const writers = [...play.writers, ...spares].map(
    (name) => new NodeProcess(root.path, name, 'writer', config),
  );
  const collectors = play.collectors.map((name) => new NodeProcess(root.path, name, 'collector', config));
  const bookNodes = (play.bookNodes ?? []).map(
    (name) => new NodeProcess(root.path, name, 'order-book', config),
  );
  const nodes: Nodes = { exchange, server, collectors, writers, bookNodes };
  const killer = new ClusterKiller(nodes, chanceOf(play.seed));
  try {
    for (const node of [...writers, ...bookNodes, ...collectors]) if (!spares.has(node.name)) node.start();
    for (const node of collectors)
      await eventually(
        () => delivers(node),
        () => node.log,
        60_000,
      );
    const startedAtMs = performance.now();
    await play.during(nodes, killer);
    const killedForMs = Math.round(performance.now() - startedAtMs);
    await exchange.finished;
    // Whoever has just come back hears nothing any more, and brings what is in its journal.
    for (const node of collectors)
      await node.statusWhen(({ processes }) => processes.every(({ state }) => state === 'ready'));
    const served = await servedBooks(play, bookNodes);
    const collected = await Promise.all(collectors.map((node) => node.stop()));
    // The disk of one that was lost for good cuts in another machine what was never confirmed.
    for (const node of writers) if (!node.isUp) node.start();
    await allStored(writers);
    const { exitCodes: written, unpacked } = await stopPacked(writers, ROTATION_MS);
    const ended = await Promise.all(bookNodes.map((node) => node.stop()));
    const folders = writers.map(({ data }) => data);
    const all = putTogether(folders, join(root.path, 'all'));
    await Promise.all([...folders.map(requireSealed), requireClean(all)]);
    const replays = await Promise.all(play.symbols.map((symbol) => replay(all, symbol)));
    const packed = unpackAll(all);
    return {
      kills: killer.kills,
      killedForMs,
      exitCodes: [...collected, ...written, ...ended],
      unpacked,
      packed,
      lefts: collectors.flatMap(({ log }) =>
        log
          .split('\n')
          .filter((line) => line.includes('ForwarderLeftBehind'))
          .slice(-1),
      ),
      gapLines: [...collectors, ...writers].flatMap(({ name, log }) =>
        log
          .split('\n')
          .filter((line) => /GapDetected|why=overflow/.test(line))
          .map((line) => `${name}: ${line}`),
      ),
      generations: Math.max(...readdirSync(all).flatMap((partition) => partsIn(join(all, partition)))) / 100,
      audits: play.symbols.map((symbol) => audit(folderOf(all, symbol), [symbol])),
      rows: play.symbols.flatMap((symbol) => rowsOf(play, symbol, join(folderOf(all, symbol), symbol))),
      replays,
      books: play.symbols.map((symbol) => lastBook(play.capture, symbol)),
      served,
    };
  } catch (error) {
    const logs = [...collectors, ...writers, ...bookNodes].map(
      ({ name, log }) => `== ${name}\n${log.slice(-3000)}`,
    );
    throw new Error(`${(error as Error).message}\n${JSON.stringify(killer.kills)}\n${logs.join('\n')}`, {
      cause: error,
    });
  } finally {
    await killer.stop();
    for (const node of [...writers, ...collectors, ...bookNodes]) await node.kill();
    await exchange.stop();
    await server.stop();
    if (process.env['KEEP'] === undefined) root.remove();
    else console.log(`kept: ${root.path}`);
  }
}

/** Every partition is in somebody's hands, nothing waits in a merge, and nothing is stored that was never confirmed. */
async function allStored(writers: readonly NodeProcess[]): Promise<void> {
  let statuses: readonly (NodeStatus | undefined)[] = [];
  const areDone = async (): Promise<boolean> => {
    statuses = await Promise.all(writers.map((node) => node.statusIfUp()));
    const parts = statuses.flatMap((status) => status?.cluster?.writer ?? []);
    const partitions = parts.flatMap(({ partitions: own }) => own);
    return (
      parts.every(({ unsettled }) => unsettled.length === 0) &&
      partitions.length === PARTITIONS &&
      partitions.every(({ isWaiting }) => !isWaiting)
    );
  };
  const explain = (): string => JSON.stringify(statuses.map((status) => status?.cluster));
  await eventually(areDone, explain, COMMITTED_WITHIN_MS);
  // Reports are a second old.
  await sleep(1100);
  await eventually(areDone, explain, COMMITTED_WITHIN_MS);
}

const NAME = /^([a-z]+)_([^.]+)(?:\.(\d+))?\.csv$/;

function partsIn(partition: string): number[] {
  return readdirSync(partition).flatMap((symbol) =>
    readdirSync(join(partition, symbol)).map((name) => Number(NAME.exec(name)?.[3] ?? 0)),
  );
}

function rowsOf({ capture, streams }: ClusterPlay, symbol: string, folder: string): ClusterEnd['rows'] {
  const files = readdirSync(join(CAPTURES, capture))
    .filter((name) => name.startsWith(`${symbol.toLowerCase()}_`))
    .sort()
    .map((name) => join(CAPTURES, capture, name));
  return [...expectedRows(files, streams)].map(([kind, sent]) => {
    const stored = recordedRows(folder, kind, periodsOf(folder, kind));
    const differsAt = stored.findIndex((row, index) => row !== sent[index]);
    return { what: `${symbol} ${kind}`, stored: stored.length, sent: sent.length, differsAt };
  });
}

/** `2026-11-23.300`, in the order of days and parts. */
function periodsOf(folder: string, kind: string): string[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const [, found, day = '', part = '0'] = NAME.exec(name) ?? [];
      return found === kind
        ? [{ day, part: Number(part), text: name.slice(kind.length + 1, -'.csv'.length) }]
        : [];
    })
    .sort((a, b) => (a.day === b.day ? a.part - b.part : a.day < b.day ? -1 : 1))
    .map(({ text }) => text);
}

interface Oracle {
  readonly checkpoints: readonly {
    u: number;
    bids: number;
    asks: number;
    bestBid: string[];
    sha256: string;
  }[];
}

/** What the book must be at the end. */
function lastBook(capture: string, symbol: string): object {
  const books = JSON.parse(readFileSync(join(CAPTURES, 'books.json'), 'utf8')) as Record<string, Oracle>;
  const { u, bids, asks, bestBid, sha256 } = books[`${capture}/${symbol}`]!.checkpoints.at(-1)!;
  return { symbol, lastUpdateId: u, bids, asks, bestBid, checksum: sha256 };
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { eventually } from '../process/recorder.ts';
import type { NodeProcess, NodeStatus } from './node-process.ts';
import type { ClusterPlay } from './play-cluster.ts';

type Level = readonly [price: string, quantity: string];

interface ServedBook {
  readonly symbol: string;
  readonly lastUpdateId: number;
  readonly eventTimeMs: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

interface OracleBook {
  readonly top10bids: readonly Level[];
  readonly top10asks: readonly Level[];
  readonly checkpoints: readonly {
    readonly u: number;
    readonly E: number;
    readonly bids: number;
    readonly asks: number;
    readonly sha256: string;
  }[];
}

/** As many levels as are asked for, and as a snapshot of the exchange has. */
const LEVELS = 1000;

/** What `GET /books` of each node gives when everything was sent, and what the oracle says that it must. */
export async function servedBooks(
  { capture, symbols }: Pick<ClusterPlay, 'capture' | 'symbols'>,
  nodes: readonly NodeProcess[],
): Promise<{ given: object; expected: object }[]> {
  const text = readFileSync(resolve('../shared/data/books.json'), 'utf8');
  const oracles = JSON.parse(text) as Record<string, OracleBook>;
  const wanted = nodes.flatMap((node) => symbols.map((symbol) => ({ node, symbol })));
  return Promise.all(
    wanted.map(async ({ node, symbol }) => {
      const oracle = oracles[`${capture}/${symbol}`]!;
      const isWhole = Math.max(oracle.checkpoints.at(-1)!.bids, oracle.checkpoints.at(-1)!.asks) < LEVELS;
      const given = shownOf(await lastOf(node, symbol, oracle.checkpoints.at(-1)!.u), isWhole);
      return { given, expected: expectedOf(symbol, oracle, isWhole) };
    }),
  );
}

async function lastOf(node: NodeProcess, symbol: string, u: number): Promise<ServedBook> {
  let answer: unknown;
  let status: NodeStatus | undefined;
  await eventually(
    async () => {
      answer = (await node.get(`/books/${symbol}?depth=${LEVELS}`)).body;
      status = await node.statusIfUp();
      return (answer as Partial<ServedBook>).lastUpdateId === u;
    },
    () =>
      `${node.name}: ${JSON.stringify(answer).slice(0, 300)}, expected ${u}\n${JSON.stringify([status?.books, status?.streams, status?.cluster])}`,
  );
  return answer as ServedBook;
}

function shownOf({ symbol, lastUpdateId, eventTimeMs, bids, asks }: ServedBook, isWhole: boolean): object {
  const top = { bids: bids.slice(0, 10), asks: asks.slice(0, 10) };
  return { symbol, lastUpdateId, eventTimeMs, ...top, sha256: isWhole ? sha256(bids, asks) : undefined };
}

function expectedOf(
  symbol: string,
  { top10bids, top10asks, checkpoints }: OracleBook,
  isWhole: boolean,
): object {
  const { u, E, sha256: sum } = checkpoints.at(-1)!;
  return {
    symbol,
    lastUpdateId: u,
    eventTimeMs: E,
    bids: top10bids,
    asks: top10asks,
    sha256: isWhole ? sum : undefined,
  };
}

function sha256(bids: readonly Level[], asks: readonly Level[]): string {
  const lines = [...bids.map(([p, q]) => `b ${p} ${q}\n`), ...asks.map(([p, q]) => `a ${p} ${q}\n`)];
  return createHash('sha256').update(lines.join('')).digest('hex');
}

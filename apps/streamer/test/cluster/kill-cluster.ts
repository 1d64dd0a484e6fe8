import { setTimeout as sleep } from 'node:timers/promises';
import type { NatsServer } from '../../../../tools/test-servers/nats.mjs';
import type { ExchangeProcess } from '../faults/exchange-process.ts';
import type { NodeProcess } from './node-process.ts';

export interface Nodes {
  readonly exchange: Pick<ExchangeProcess, 'freeze' | 'thaw'>;
  readonly server: Pick<NatsServer, 'kill' | 'restart'>;
  readonly collectors: readonly NodeProcess[];
  readonly writers: readonly NodeProcess[];
  readonly bookNodes: readonly NodeProcess[];
}

export interface Kill {
  readonly kind:
    | 'server'
    | 'writer node'
    | 'writer child'
    | 'collector node'
    | 'collector child'
    | 'book node'
    | 'book child';
  readonly victim: string;
  readonly at: string;
}

type Kind = Kill['kind'];

/** More of what is recovered from in a moment. */
const KINDS: readonly Kind[] = [
  'server', 'server', 'writer node', 'writer child', 'writer child',
  'collector node', 'collector node', 'collector child', 'collector child', 'collector child',
]; // prettier-ignore

/** Where there are machines that keep books. */
const BOOK_KINDS: readonly Kind[] = ['book node', 'book child', 'book child'];

/** Two collectors that are down at once lose what nobody hears: the next one waits until both deliver. */
const DELIVERS_FOR_MS = 500;

/** Kills parts of a cluster, by chance, with SIGKILL; whoever has no supervisor is started again after a moment. */
export class ClusterKiller {
  readonly kills: Kill[] = [];
  readonly #nodes: Nodes;
  readonly #chance: () => number;
  /** Since when all collectors deliver; undefined while one does not. */
  #deliverSinceMs: number | undefined;
  #isWatching = true;
  #lives = 0;
  readonly #watching: Promise<void>;

  constructor(nodes: Nodes, chance: () => number) {
    this.#nodes = nodes;
    this.#chance = chance;
    this.#watching = this.#watch();
  }

  /** So many kills, `pauseMs` apart on average. */
  async kill(count: number, pauseMs: number): Promise<void> {
    while (this.kills.length < count) {
      await sleep(pauseMs * (0.5 + this.#chance()));
      const hasBooks = this.#nodes.bookNodes.length > 0;
      await this.#killOne(this.#pick(hasBooks ? [...KINDS, ...BOOK_KINDS] : KINDS));
    }
  }

  async stop(): Promise<void> {
    this.#isWatching = false;
    await this.#watching;
  }

  async #killOne(kind: Kind): Promise<void> {
    const { server, collectors, writers, bookNodes } = this.#nodes;
    switch (kind) {
      case 'server':
        await server.kill();
        await sleep(200 * this.#chance());
        await server.restart();
        return this.#note(kind, 'nats-server');
      case 'writer node':
        return this.#killNode(kind, this.#pick(writers));
      case 'writer child':
        return this.#killChild(kind, this.#pick(writers));
      case 'book node':
        return this.#killNode(kind, this.#pick(bookNodes));
      case 'book child':
        return this.#killChild(kind, this.#pick(bookNodes));
      case 'collector node':
      case 'collector child':
        if (!this.#mayLoseOne()) return;
        await (kind === 'collector node'
          ? this.#killNode(kind, this.#pick(collectors))
          : this.#killChild(kind, this.#pick(collectors)));
        this.#deliverSinceMs = undefined;
        this.#lives++;
    }
  }

  async #killNode(kind: Kind, node: NodeProcess): Promise<void> {
    await node.kill();
    this.#note(kind, node.name);
    await sleep(300 * this.#chance());
    node.start();
  }

  /** Any process of the node but its primary. */
  async #killChild(kind: Kind, node: NodeProcess): Promise<void> {
    const status = await node.statusIfUp();
    const children = status?.processes.filter(({ role, pid }) => role !== 'primary' && pid > 0) ?? [];
    if (children.length === 0) return;
    const child = this.#pick(children);
    try {
      process.kill(child.pid, 'SIGKILL');
    } catch {
      return; // It has just ended.
    }
    this.#note(kind, `${node.name} ${child.id}`);
  }

  #note(kind: Kind, victim: string): void {
    this.kills.push({ kind, victim, at: new Date().toISOString().slice(11, 23) });
  }

  #mayLoseOne(): boolean {
    return this.#deliverSinceMs !== undefined && performance.now() - this.#deliverSinceMs >= DELIVERS_FOR_MS;
  }

  async #watch(): Promise<void> {
    while (this.#isWatching) {
      const lives = this.#lives;
      const deliver = (await Promise.all(this.#nodes.collectors.map(delivers))).every(Boolean);
      // What was seen before a kill says nothing of the time after it.
      if (!deliver || lives !== this.#lives) this.#deliverSinceMs = undefined;
      else this.#deliverSinceMs ??= performance.now();
      await sleep(100);
    }
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#chance() * items.length)]!;
  }
}

/** Every process is up and every stream has brought something in its present life. */
export async function delivers(node: NodeProcess): Promise<boolean> {
  const status = await node.statusIfUp();
  if (status === undefined) return false;
  return status.obstacles.length === 0 && status.processes.every(({ state }) => state === 'ready');
}

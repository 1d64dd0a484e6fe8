import fc from 'fast-check';
import { TailPublisher, TailReader } from '@org/flow';
import { CuttingProxy } from './cutting-proxy.ts';
import { HandLog } from './hand-log.ts';
import { TemporarySockets } from './temporary-sockets.ts';

/*
 * Whatever happens to lines and publishers, against a plain list of what is in the log: the reader is handed every entry
 * once, in order, with its bytes; and what it says it has taken is never more than it was handed.
 */
type Action =
  | { do: 'put'; sizes: number[] }
  | { do: 'read'; bytesMax: number }
  | { do: 'wait' }
  | { do: 'cut'; afterBytes: number }
  | { do: 'replacePublisher' }
  | { do: 'commit' };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      sizes: fc.array(fc.nat(3000), { maxLength: 8 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('read' as const), bytesMax: fc.nat(2000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cut' as const), afterBytes: fc.nat(6000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replacePublisher' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
);

class World {
  readonly sockets = new TemporarySockets();
  readonly proxy = new CuttingProxy();
  readonly log = new HandLog();
  readonly handed: { position: number; payload: Buffer }[] = [];
  readonly reader: TailReader;
  committed = 0;
  #publisher: TailPublisher | undefined;
  #committedThere = 0;

  constructor() {
    const socketPath = this.sockets.next();
    this.reader = new TailReader({ socketPath, name: 'a', from: 0, reconnectDelayMs: 1 });
  }

  async open(): Promise<void> {
    await this.proxy.listen(`${this.sockets.folder}/1.sock`);
    await this.replacePublisher();
    await this.reader.open();
  }

  async replacePublisher(): Promise<void> {
    this.proxy.leadTo(undefined);
    this.proxy.cut();
    await this.#publisher?.close();
    const socketPath = this.sockets.next();
    this.#publisher = new TailPublisher({
      socketPath,
      windowBytes: 5000,
      readBytes: 2000,
      handlers: {
        follow: (request) => this.log.follow(request),
        taken: (_, position) => expect(position).toBeLessThanOrEqual(this.handed.at(-1)?.position ?? 0),
        committed: (_, position) => void (this.#committedThere = position),
        mark: () => Promise.resolve(this.log.end),
      },
    });
    await this.#publisher.listen();
    this.proxy.leadTo(socketPath);
  }

  async read(bytesMax: number): Promise<void> {
    if ((this.handed.at(-1)?.position ?? 0) === this.log.end) return;
    this.handed.push(...(await this.reader.next(bytesMax)));
  }

  commit(): void {
    this.committed = this.handed.at(-1)?.position ?? 0;
    this.reader.committed(this.committed);
  }

  async settle(): Promise<void> {
    this.proxy.cutAfter(Infinity);
    this.log.put('last');
    while (this.handed.at(-1)?.position !== this.log.end) await this.read(1e6);
    this.commit();
    const giveUpAt = performance.now() + 5000;
    while (this.#committedThere !== this.committed) {
      expect(performance.now()).toBeLessThan(giveUpAt);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async close(): Promise<void> {
    await this.reader.close();
    await this.proxy.close();
    await this.#publisher?.close();
    await this.sockets.remove();
  }
}

async function act(world: World, next: Action): Promise<void> {
  switch (next.do) {
    case 'put':
      for (const size of next.sizes) world.log.put('x'.repeat(size));
      break;
    case 'read':
      await world.read(next.bytesMax);
      break;
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, 2));
      break;
    case 'cut':
      world.proxy.cutAfter(next.afterBytes);
      break;
    case 'replacePublisher':
      await world.replacePublisher();
      break;
    case 'commit':
      world.commit();
      break;
  }
}

describe('a tail under random cuts and publishers that come and go', () => {
  it('brings every entry once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const world = new World();
        try {
          await world.open();
          for (const each of actions) await act(world, each);
          await world.settle();
          expect(world.handed.map(({ position }) => position)).toEqual(
            world.log.entries.map(({ position }) => position),
          );
          const isSame = world.handed.every(({ payload }, index) =>
            payload.equals(world.log.entries[index]!.payload),
          );
          expect(isSame).toBe(true);
        } finally {
          await world.close();
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

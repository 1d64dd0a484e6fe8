import type { Clock } from '@org/binance-client';
import { type DoorVisitor, LocalDoor } from '@org/flow';
import type { Log } from '../logging/child-log.ts';
import type { OrphanHello, OrphanOrder } from './orphan.ts';

const LOOK_INTERVAL_MS = 200;

export interface OrphanDeskOptions {
  readonly socketPath: string;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  readonly log: Log;
}

/**
 * Where the children of a primary that died find this one. Who holds the door is the one primary of its output folder.
 *
 * Writer and order-book manager go at once, for there can be one of each. Workers record on until their successors deliver
 * every stream, or until their own time is up: what both bring is recognised by its ids.
 */
export class OrphanDesk {
  readonly #options: OrphanDeskOptions;
  readonly #door: LocalDoor;
  readonly #visitors = new Set<DoorVisitor>();
  /** Whose place is taken: nobody's, at the start; that of those there can be one of; everybody's. */
  #taken: 'none' | 'single' | 'all' = 'none';
  #timer: ReturnType<Clock['setTimeout']> | undefined;

  constructor(options: OrphanDeskOptions) {
    this.#options = options;
    this.#door = new LocalDoor({
      socketPath: options.socketPath,
      handlers: {
        visited: (visitor) => this.#visited(visitor),
        left: (visitor) => void this.#visitors.delete(visitor),
      },
    });
  }

  /** Rejects with `SOCKET_IN_USE` while another primary records into the same folder. */
  open(): Promise<void> {
    return this.#door.listen();
  }

  /** This primary starts its children. `deliver`: whether every stream of its workers does. */
  takeOver(deliver: () => boolean): void {
    const { clock } = this.#options;
    this.#take('single');
    const look = (): void => {
      if (deliver()) this.#take('all');
      else this.#timer = clock.setTimeout(look, LOOK_INTERVAL_MS);
    };
    look();
  }

  async close(): Promise<void> {
    this.#options.clock.clearTimeout(this.#timer);
    await this.#door.close();
  }

  #visited(visitor: DoorVisitor): void {
    const { id, role, pid } = visitor.hello as OrphanHello;
    this.#options.log.info('OrphanFound', { id, role, pid });
    this.#visitors.add(visitor);
    this.#order(visitor);
  }

  #take(taken: 'single' | 'all'): void {
    this.#taken = taken;
    for (const visitor of this.#visitors) this.#order(visitor);
  }

  #order(visitor: DoorVisitor): void {
    const { role } = visitor.hello as OrphanHello;
    const order: OrphanOrder = { type: 'leave' };
    if (this.#taken === 'all' || (this.#taken === 'single' && role !== 'worker')) visitor.send(order);
  }
}

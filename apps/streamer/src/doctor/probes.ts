import type { Clock } from '@org/binance-client';
import type { StreamKey } from '@org/market-data';
import type { Listing } from '../control/universe/listing.ts';
import type { ClockSample } from './checks/check-clock.ts';
import type { RestAnswer } from './checks/check-exchange.ts';
import type { FolderFacts } from './checks/check-folder.ts';
import type { NatsFacts, NatsPlace } from './checks/check-nats.ts';
import type { NodeFacts } from './checks/check-node.ts';
import type { PortFacts } from './checks/check-recorder.ts';
import type { RoomFacts } from './checks/check-room.ts';
import type { RouteFacts } from './checks/check-route.ts';
import type { Attempt } from './finding.ts';

/** What this machine offers. */
export interface MachineFacts extends NodeFacts {
  readonly cores: number;
  readonly availableBytes: number;
  /** `/proc/self/limits`; undefined where there is none. */
  readonly limits: string | undefined;
}

/** Everything that the doctor looks at outside of itself. Each may reject, and may never settle. */
export interface Probes {
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  machine(): MachineFacts;
  folder(path: string): Promise<FolderFacts>;
  room(path: string): Promise<RoomFacts>;
  listing(signal: AbortSignal): Promise<RestAnswer<Listing>>;
  time(signal: AbortSignal): Promise<Attempt<readonly ClockSample[]>>;
  routes(streams: readonly StreamKey[], signal: AbortSignal): Promise<readonly RouteFacts[]>;
  isHeld(folder: string): Promise<boolean>;
  nats(place: NatsPlace): Promise<readonly NatsFacts[]>;
  port(host: string, port: number): Promise<PortFacts>;
}

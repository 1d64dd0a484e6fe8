import type { StreamRoute } from '@org/binance-client';
import { isRareStream } from '../../control/rare-streams.ts';
import { error, type Finding, ok, warn } from '../finding.ts';
import { named } from './check-exchange.ts';

/** What came of listening at one address of the exchange's streams. */
export interface RouteFacts {
  readonly route: StreamRoute;
  readonly address: string;
  readonly isOpened: boolean;
  readonly isAcknowledged: boolean;
  /** Why the connection ended or was never there; undefined while it is. */
  readonly closedBecause: string | undefined;
  readonly streams: readonly {
    /** As in `BTCUSDT@depth@0ms`. */
    readonly key: string;
    /** From the start of listening to its first frame; undefined when none came. */
    readonly firstFrameMs: number | undefined;
  }[];
  readonly listenedMs: number;
}

/**
 * Whether streams deliver. An acknowledgement proves nothing: the exchange acknowledges streams that do not exist, or that
 * deliver on another route (developers.binance.com, "Important WebSocket Change Notice", 2026-03-06).
 */
export function checkRoute(facts: RouteFacts): Finding {
  const check = `route ${facts.route === undefined ? '/' : `/${facts.route}`}`;
  const delivered = facts.streams.flatMap(({ firstFrameMs }) => firstFrameMs ?? []);
  const silent = facts.streams.flatMap(({ key, firstFrameMs }) => (firstFrameMs === undefined ? key : []));
  const suspicious = silent.filter((key) => !isRareStream(key.slice(key.indexOf('@') + 1)));
  if (delivered.length === 0 && facts.isOpened && suspicious.length === 0)
    return warn(check, `${facts.address}: connected, and ${named(silent)} may be silent for hours`, 'nothing: whether they deliver shows with the first event'); // prettier-ignore
  if (delivered.length === 0) return silentRoute(check, facts);
  const first = `first frame after ${Math.round(Math.min(...delivered))} ms`;
  if (suspicious.length === 0) return ok(check, `${facts.address} delivers, ${first}`);
  return warn(
    check,
    `${facts.address} delivers, ${first}, but nothing of ${named(suspicious)} in ${seconds(facts.listenedMs)}`,
    'a quiet symbol may say nothing for minutes; one that trades should: look again',
  );
}

function silentRoute(check: string, facts: RouteFacts): Finding {
  const { address, isOpened, isAcknowledged, closedBecause, listenedMs } = facts;
  const keys = named(facts.streams.map(({ key }) => key));
  if (!isOpened) {
    const why = closedBecause ?? `no connection within ${seconds(listenedMs)}`;
    return error(check, `${address}: ${why}`, 'check network, DNS, proxy and firewall, and network.ws_url');
  }
  const said = isAcknowledged ? 'acknowledged, but' : 'connected, but';
  const then = closedBecause === undefined ? '' : `; it was closed: ${closedBecause}`;
  return error(
    check,
    `${address}: ${said} no frame of ${keys} came within ${seconds(listenedMs)}${then}`,
    'these streams do not deliver at this address: check network.ws_url, network.market and symbols.streams, and look whether the symbols trade',
  );
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toPrecision(2))} s`;
}

import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  type ConnectionAttempts,
  createRequestBudget,
  type HostBudget,
  isBinanceClientError,
  openHostBudget,
  PRODUCTS,
  type RequestBudget,
} from '@org/binance-client';
import type { StreamerConfig } from '@org/config';
import { errorFields, type Log } from '../logging/child-log.ts';

export interface RecorderBudget extends RequestBudget {
  /** Undefined where they cannot be shared. */
  readonly attempts: ConnectionAttempts | undefined;
  close(): void;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * The request weight, the connection attempts and the bans of this machine: one account for all processes of all recorders
 * of this user, kept over restarts. An exchange on loopback is nobody's concern but this recorder's.
 */
export function hostBudget(network: StreamerConfig['network'], outputPath: string, log: Log): RecorderBudget {
  const { host, hostname } = new URL(network.restUrl);
  const limitPerMinute = PRODUCTS[network.market].weightLimitPerMinute;
  const options = { host: BUDGET_NAMES.get(host) ?? host.replaceAll(/[^\w.-]/g, '_'), limitPerMinute };
  const own = createRequestBudget({ limitPerMinute });
  try {
    const folder = LOOPBACK.has(hostname) ? join(outputPath, '.budget') : stateFolder();
    return withFallback(openHostBudget({ folder, ...options }), own, log);
  } catch (error) {
    // A home that cannot be written is no reason not to record, but somebody may now ask more than is allowed.
    log.warn('BudgetNotShared', errorFields(error));
    return Object.assign(own, { attempts: undefined, close: () => undefined });
  }
}

/** A disk that cannot be written any more leaves this process its own account. */
function withFallback(shared: HostBudget, own: RequestBudget, log: Log): RecorderBudget {
  let isTold = false;
  return {
    attempts: shared.attempts,
    acquire: async (request) => {
      try {
        return await shared.acquire(request);
      } catch (error) {
        if (!isBinanceClientError(error) || error.code !== 'BUDGET_UNAVAILABLE') throw error;
        if (!isTold) log.warn('BudgetNotShared', errorFields(error));
        isTold = true;
        return own.acquire(request);
      }
    },
    setLimit: (limitPerMinute) => {
      shared.setLimit(limitPerMinute);
      own.setLimit(limitPerMinute);
    },
    state: () => shared.state(),
    snapshot: () => shared.snapshot(),
    restore: (snapshot) => shared.restore(snapshot),
    close: () => shared.close(),
  };
}

/** USD-M and COIN-M have one limit together since 2026-06-30 (developers.binance.com, change log). */
const BUDGET_NAMES: ReadonlyMap<string, string> = new Map([
  ['fapi.binance.com', 'futures.binance.com'],
  ['dapi.binance.com', 'futures.binance.com'],
]);

/** Where programs keep what they must not forget (XDG Base Directory Specification). */
function stateFolder(): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'binance-recorder');
}

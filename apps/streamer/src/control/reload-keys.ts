import { isDeepStrictEqual } from 'node:util';
import type { StreamerConfig } from '@org/config';

/**
 * What a reload takes: symbols and streams, connections, the pace of book snapshots, the level of the logs. The REST
 * address belongs to the account of requests, all else to processes that go on. Throws when the market is another one:
 * nothing of such a configuration would fit what is recorded.
 */
export function mergeReload(
  now: StreamerConfig,
  loaded: StreamerConfig,
): {
  /** What holds when the reload is taken. */
  readonly config: StreamerConfig;
  /** Keys, as the file spells them, that are left as they are until a restart. */
  readonly needRestart: readonly string[];
} {
  const { market, restUrl } = now.network;
  if (loaded.network.market !== market)
    throw new Error(`network.market: expected ${market} until a restart, was ${loaded.network.market}`);
  const config = {
    ...now,
    symbols: loaded.symbols,
    network: { ...loaded.network, restUrl },
    orderbook: loaded.orderbook,
    logging: { ...now.logging, level: loaded.logging.level },
  };
  return { config, needRestart: differences(config, loaded, '') };
}

function differences(one: object, other: object, path: string): string[] {
  return Object.entries(other).flatMap(([name, value]) => {
    const before = (one as Record<string, unknown>)[name];
    const key = path === '' ? keyOf(name) : `${path}.${keyOf(name)}`;
    if (isDeepStrictEqual(before, value)) return [];
    return isSection(before) && isSection(value) ? differences(before, value, key) : [key];
  });
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `queueSizeBytes` is `queue_size` in the file: units are part of the values there. */
function keyOf(name: string): string {
  return name.replace(/(Ms|Bytes)$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

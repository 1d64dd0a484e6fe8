import { PRODUCTS } from '@org/binance-client';
import { type ConfigError, formatDuration, type StreamerConfig } from '@org/config';
import { streamKind } from '@org/market-data';
import { error, type Finding, ok, warn } from '../finding.ts';

const CHECK = 'config';

/** The faults of a configuration that cannot be loaded, one finding each. */
export function configFaults(fault: ConfigError): readonly Finding[] {
  const findings = fault.issues.map(({ source, line, path, expected, was }) => {
    const place = `${source}${line === undefined ? '' : `:${line}`}`;
    const key = path === '' ? '' : `${path}: `;
    return error(
      CHECK,
      `${place}: ${key}expected ${expected}, was ${was}`,
      'correct it; config.yaml explains every key',
    );
  });
  if (fault.omittedIssues === 0) return findings;
  return [...findings, error(CHECK, `${fault.omittedIssues} more faults`, 'correct those above first')];
}

/** The prices of a snapshot that REST gives at most, a side. */
const SNAPSHOT_LEVELS_MAX = 1000;
/** A symbol that trades little may well say nothing for this long. */
const SILENCE_SHORT_MS = 5000;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/** What is valid key by key, and does not make sense together. */
export function contradictions(config: StreamerConfig): readonly Finding[] {
  const findings = [...addresses(config.network), ...limits(config), ...folders(config)];
  return findings.length === 0 ? [ok(CHECK, 'valid, and nothing in it contradicts anything else')] : findings;
}

function addresses({ market, restUrl, wsUrl }: StreamerConfig['network']): readonly Finding[] {
  const findings: Finding[] = [];
  const hosts = { rest: new URL(restUrl), ws: new URL(wsUrl) };
  for (const [product, { restUrl: rest, wsUrl: ws }] of Object.entries(PRODUCTS)) {
    if (product === market) continue;
    for (const [key, url, other] of [['rest_url', hosts.rest, rest], ['ws_url', hosts.ws, ws]] as const) {
      if (url.hostname === new URL(other).hostname)
        findings.push(
          error(CHECK, `network.${key} is the address of ${product}, and network.market is ${market}`,
            `set network.market to ${product}, or take ${key} out`),
        );
    } // prettier-ignore
  }
  if (LOOPBACK.test(hosts.rest.hostname) !== LOOPBACK.test(hosts.ws.hostname))
    findings.push(
      warn(CHECK, `network.rest_url (${hosts.rest.host}) and ws_url (${hosts.ws.host}) are not the same exchange`,
        'snapshots join the stream of their own exchange only: set both'),
    ); // prettier-ignore
  return findings;
}

function limits({ network, orderbook, general, monitoring, symbols }: StreamerConfig): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (what: string, advice: string): void => void findings.push(warn(CHECK, what, advice));
  if (network.silenceTimeoutMs < SILENCE_SHORT_MS)
    add(
      `network.silence_timeout of ${formatDuration(network.silenceTimeoutMs)} takes quiet symbols for broken ones`,
      'set 30s or more, 10m with many symbols',
    );
  if (network.reconnect.maxRetries > 0 && general.mode === 'continuous')
    add(
      `network.reconnect.max_retries of ${network.reconnect.maxRetries} ends a connection for good while the recorder goes on`,
      'set 0, which never gives up',
    );
  const hasDepth = symbols.streams.some((stream) => streamKind(stream) === 'depth');
  if (hasDepth && orderbook.snapshotLevels > SNAPSHOT_LEVELS_MAX)
    add(
      `orderbook.snapshot_levels of ${orderbook.snapshotLevels} is more than a snapshot of the exchange shows (${SNAPSHOT_LEVELS_MAX})`,
      `set ${SNAPSHOT_LEVELS_MAX} or less: levels beyond are incomplete`,
    );
  if (general.orphanTimeoutMs === 0)
    add(
      'general.orphan_timeout of 0 ends all processes when the primary is killed',
      'set 45s, so that the next start takes over without a gap',
    );
  if (!LOOPBACK.test(monitoring.host))
    add(
      `monitoring.host ${monitoring.host} shows the status to the network`,
      'set 127.0.0.1, or make sure that only those who may reach it can',
    );
  return findings;
}

function folders({ storage, logging }: StreamerConfig): readonly Finding[] {
  if (storage.outputDir !== logging.dir) return [];
  const advice = 'give the logs a folder of their own';
  return [warn(CHECK, `storage.output_dir and logging.dir are both ${logging.dir}`, advice)];
}

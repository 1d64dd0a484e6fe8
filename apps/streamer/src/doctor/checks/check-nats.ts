import type { StreamerConfig } from '@org/config';
import { type Attempt, error, type Finding, ok, warn } from '../finding.ts';

/** Servers that the configuration names. */
export interface NatsPlace {
  /** The key that names them. */
  readonly key: 'cluster.servers' | 'storage.nats.servers';
  readonly servers: readonly string[];
  readonly credentialsFile: string;
}

/** What one server said. */
export type NatsFacts = { readonly server: string } & Attempt<{
  readonly version: string;
  readonly hasJetStream: boolean;
  readonly doubts: readonly string[];
}>;

/** Where this configuration needs NATS; nowhere with the role `all` and without the format `nats`. */
export function natsPlaces({ cluster, storage }: StreamerConfig): readonly NatsPlace[] {
  const places: NatsPlace[] = [];
  if (cluster.role !== 'all') places.push({ key: 'cluster.servers', ...cluster });
  if (storage.formats.includes('nats')) places.push({ key: 'storage.nats.servers', ...storage.nats });
  return places.map(({ key, servers, credentialsFile }) => ({ key, servers, credentialsFile }));
}

/** What an old server may cost. */
const ADVICE = {
  'cluster.servers':
    'install 2.10.23 or later: a stream that is lost comes again from the journals, lost cursors stop the writers until a person decides',
  'storage.nats.servers': 'install 2.10.23 or later: what the stream had is lost with it; the files have it',
} as const;

/** Whether the servers answer, are not known to lose streams, and have JetStream. One that answers is enough to record. */
export function checkNats(
  { key, servers }: NatsPlace,
  attempt: Attempt<readonly NatsFacts[]>,
): readonly Finding[] {
  if ('problem' in attempt)
    return [error(key, `${servers.join(', ')}: ${attempt.problem}`, 'check servers and credentials_file, and that @org/transport-nats is installed')]; // prettier-ignore
  const isAnyThere = attempt.found.some((facts) => 'found' in facts);
  return attempt.found.map((facts) => {
    const { server } = facts;
    if ('problem' in facts) {
      const advice = `check the network, ${key} and credentials_file`;
      return (isAnyThere ? warn : error)(key, `${server}: ${facts.problem}`, advice);
    }
    const { version, hasJetStream, doubts } = facts.found;
    const what = `${server}: nats-server ${version}`;
    if (!hasJetStream)
      return error(
        key,
        `${what} without JetStream`,
        'start it with a jetstream block, and allow the user to use it',
      );
    if (doubts.length > 0) return warn(key, `${server}: ${doubts.join('; ')}`, ADVICE[key]);
    return ok(key, `${what} with JetStream`);
  });
}

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ClusterConfig } from '@org/config';
import type * as Transport from '@org/transport-nats';

/** What a cluster needs beside the recorder. It is optional: who records on one machine needs no NATS. */
export const CLUSTER_LIBRARY = '@org/transport-nats';

const REQUEST_TIMEOUT_MAX_MS = 5000;

/** Loaded where it is needed: in the processes that speak with other machines. */
export async function transport(): Promise<typeof Transport> {
  return (await import(CLUSTER_LIBRARY)) as typeof Transport;
}

/** The way to the servers; it connects when it is first used. The file of credentials is read now. */
export async function openBus(cluster: ClusterConfig): Promise<Transport.Bus> {
  const { Bus, connectionTo } = await transport();
  const { name, servers, credentialsFile, partitions, replicas, streamSizeBytes, leaseMs } = cluster;
  const credentials = credentialsFile === '' ? undefined : await readFile(credentialsFile, 'utf8');
  return new Bus({
    name,
    partitions,
    replicas,
    streamBytesMax: streamSizeBytes,
    leaseTtlMs: leaseMs,
    // An answer that comes later than that helps no holder of a lease.
    requestTimeoutMs: Math.min(REQUEST_TIMEOUT_MAX_MS, leaseMs),
    connection: { ...connectionTo(servers, credentials), name: nodeOf(cluster) },
  });
}

/** The name of this machine on the servers. Names of hosts may have dots, and those of nodes may not. */
export function nodeOf({ node }: Pick<ClusterConfig, 'node'>, host: string = hostname()): string {
  return node === '' ? host.replaceAll(/[^A-Za-z\d_-]/g, '-').slice(0, 64) : node;
}

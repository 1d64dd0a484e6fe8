import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { asking } from '../errors.ts';
import { REQUEST_TIMEOUT_MS, type LinkOptions } from './link.ts';
import { judgeVersion, type ServerReport } from './server-report.ts';

/** What a server says of itself to somebody who only looks. */
export interface ServerSight {
  readonly version: string;
  /** Whether this user has JetStream there. */
  readonly hasJetStream: boolean;
  /** What is wrong with the version. */
  readonly reasons: ServerReport['reasons'];
}

/** Connects, asks, and leaves; makes nothing. Rejects with a `TransportNatsError` when nobody answers in time, or refuses. */
export async function lookAtServer({ connection: how, requestTimeoutMs }: LinkOptions): Promise<ServerSight> {
  const timeout = requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const connection = await asking('server', () => connect({ ...how, timeout, reconnect: false }));
  try {
    const version = connection.info?.version ?? 'unknown';
    const hasJetStream = await asking('server', () => isJetStreamOn(connection, timeout));
    return { version, hasJetStream, reasons: judgeVersion(version) };
  } finally {
    await connection.close();
  }
}

async function isJetStreamOn(connection: NatsConnection, timeout: number): Promise<boolean> {
  try {
    await jetstreamManager(connection, { timeout });
    return true;
  } catch (error) {
    // The client does not export the class.
    if (error instanceof Error && error.name === 'JetStreamNotEnabled') return false;
    throw error;
  }
}

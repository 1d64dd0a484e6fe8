import { readFile } from 'node:fs/promises';
import { transport } from '../../cluster/open-bus.ts';
import type { NatsFacts, NatsPlace } from '../checks/check-nats.ts';

/** For each of the steps: connecting, and asking. */
const ANSWER_TIMEOUT_MS = 1500;

/** Every server alone: one that answers must not hide one that does not. */
export async function probeNats({ servers, credentialsFile }: NatsPlace): Promise<readonly NatsFacts[]> {
  const { connectionTo, lookAtServer } = await transport();
  const credentials = credentialsFile === '' ? undefined : await readFile(credentialsFile, 'utf8');
  return Promise.all(
    servers.map(async (server) => {
      const connection = connectionTo([server], credentials);
      try {
        const sight = await lookAtServer({ connection, requestTimeoutMs: ANSWER_TIMEOUT_MS });
        return { server, found: { ...sight, doubts: sight.reasons.map(({ text }) => text) } };
      } catch (error) {
        return { server, problem: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

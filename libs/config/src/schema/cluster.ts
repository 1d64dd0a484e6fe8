import { z } from 'zod';
import { byteSizeField, durationField, integerField, wordField } from './field.ts';
import { secretFileField } from './stores.ts';

const SECOND = 1000;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const SERVERS_MAX = 16;
const SERVERS_CHARACTERS_MAX = 2048;
const PROTOCOLS = ['nats:', 'tls:'];

/** A part of subjects and keys. */
function partNameField(description: string, fallback: string) {
  const least = fallback === '' ? 0 : 1;
  const expected = `a name of ${least} to 64 letters, digits, "_" and "-"`;
  return z
    .string({ error: expected })
    .regex(/^[A-Za-z\d_-]*$/, { error: expected })
    .refine((text) => text.length >= least && text.length <= 64, { error: expected })
    .meta({ description, expected })
    .default(fallback);
}

/** Addresses with commas between them; who may come in says the credentials' file, so that no secret is in an address. */
function serversField(description: string, fallback: string) {
  const expected = `1 to ${SERVERS_MAX} addresses like nats://host:4222 or tls://host:4222, with commas between them`;
  return z
    .string({ error: expected })
    .superRefine((text, context) => {
      const addresses = text.length <= SERVERS_CHARACTERS_MAX ? text.split(',') : [];
      const urls = addresses.flatMap((address) =>
        URL.canParse(address.trim()) ? new URL(address.trim()) : [],
      );
      const areServers = urls.every(
        ({ protocol, hostname }) => PROTOCOLS.includes(protocol) && hostname !== '',
      );
      const areAll = urls.length === addresses.length && urls.length > 0 && urls.length <= SERVERS_MAX;
      const hasSecret = urls.some(({ username, password }) => username !== '' || password !== '');
      const message = hasSecret
        ? 'addresses without user and password: use credentials_file'
        : areServers && areAll
          ? undefined
          : expected;
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({ description, expected })
    .default(fallback);
}

/** A majority of them decides, so there is no even number. */
function replicasField(description: string, fallback: number) {
  const expected = '1, 3 or 5';
  return z
    .int({ error: expected })
    .refine((copies) => [1, 3, 5].includes(copies), { error: expected })
    .meta({ description, expected })
    .default(fallback);
}

/** More than one machine (docs/scale-out.md). */
export function clusterFields() {
  return {
    role: wordField(
      'What this machine does: everything, receive and forward, write what is forwarded, or keep books of it.',
      'all',
      ['all', 'collector', 'writer', 'order-book'],
    ),
    name: partNameField('Of the recorder on the servers; all its machines have the same.', 'recorder'),
    node: partNameField(
      'Of this machine: no two collectors and no two writers have the same; empty is the name of the host.',
      '',
    ),
    servers: serversField('NATS servers with JetStream.', 'nats://127.0.0.1:4222'),
    credentials_file: secretFileField('File with the NATS credentials (.creds), read at every start.'),
    partitions: integerField('Shares in which symbols are written, fixed when the streams are made.', 16, {
      min: 1,
      max: 256,
    }),
    replicas: replicasField('Copies that the servers keep.', 1),
    stream_size: byteSizeField(
      'Room on the servers for what no writer has committed; journals keep more.',
      '1GiB',
      {
        min: MIB,
        max: 1024 * GIB,
      },
    ),
    lease: durationField(
      'After so long without a sign of life the partitions of a writer go to others.',
      '5s',
      { min: SECOND, max: 300 * SECOND },
    ),
    patience: durationField(
      'How long a writer waits, where one collector misses something, for another to bring it; then it is a gap.',
      '20s',
      { min: SECOND, max: 600 * SECOND },
    ),
    stop_timeout: durationField(
      'How long a collector that stops waits until writers have committed what it has; the rest stays in its journal.',
      '8s',
      { min: 0, max: 3600 * SECOND },
    ),
  };
}

import { byteSizeField, durationField, integerField, wordField } from './field.ts';
import { partNameField, replicasField, serversField } from './nats-field.ts';
import { secretFileField } from './stores.ts';

const SECOND = 1000;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** More than one machine (docs/scale-out.md). */
export function clusterFields() {
  return {
    role: wordField(
      'What this machine does: everything, or receive and forward, or write what collectors forward.',
      'all',
      ['all', 'collector', 'writer'],
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
      'How long a writer waits, where one collector misses something, for another one that brings nothing at all.',
      '60s',
      { min: SECOND, max: 600 * SECOND },
    ),
    stop_timeout: durationField(
      'How long a collector that stops waits until writers have committed what it has; the rest stays in its journal.',
      '8s',
      { min: 0, max: 3600 * SECOND },
    ),
  };
}

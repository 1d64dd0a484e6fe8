/** Faults of the section `cluster`, and what is said of them. */
export const CLUSTER_FAULTS: readonly [yaml: string, message: string][] = [
  [
    'cluster:\n  role: reader',
    '2: cluster.role: expected all, collector, writer or order-book, was "reader"',
  ],
  [
    'cluster:\n  node: a.b',
    '2: cluster.node: expected a name of 0 to 64 letters, digits, "_" and "-", was "a.b"',
  ],
  [
    'cluster:\n  servers: http://a:4222',
    '2: cluster.servers: expected 1 to 16 addresses like nats://host:4222 or tls://host:4222, with commas between them, was "http://a:4222"',
  ],
  [
    'cluster:\n  servers: nats://me:s3cret@a:4222',
    '2: cluster.servers: expected addresses without user and password: use credentials_file, was "nats://***@a:4222"',
  ],
  ['cluster:\n  replicas: 2', '2: cluster.replicas: expected 1, 3 or 5, was 2'],
  [
    'cluster:\n  name: ""',
    '2: cluster.name: expected a name of 1 to 64 letters, digits, "_" and "-", was ""',
  ],
  [
    'cluster:\n  credentials_file: 7',
    '2: cluster.credentials_file: expected the path of a file, or nothing, was 7',
  ],
  ['cluster:\n  partitions: 257', '2: cluster.partitions: expected a whole number from 1 to 256, was 257'],
  [
    'cluster:\n  stream_size: 1KiB',
    '2: cluster.stream_size: expected a size from 1MiB to 1024GiB, was "1KiB"',
  ],
  ['cluster:\n  lease: 500ms', '2: cluster.lease: expected a duration from 1s to 5m, was "500ms"'],
  ['cluster:\n  patience: 0s', '2: cluster.patience: expected a duration from 1s to 10m, was "0s"'],
  ['cluster:\n  stop_timeout: 2h', '2: cluster.stop_timeout: expected a duration from 0ms to 1h, was "2h"'],
];

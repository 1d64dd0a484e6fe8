import { join } from 'node:path';
import { playChaos, type Fault } from './chaos.ts';
import { itWithNats } from './cluster.ts';
import { temporaryFolder } from './csv-stores.ts';

const root = temporaryFolder();
const FAULTS: readonly Fault[] = [
  'writer',
  'server',
  'forwarder',
  'writer hangs',
  'server',
  'writer',
  'forwarder',
  'writer',
];

describe('several machines', () => {
  itWithNats('store every row once and in order, whoever is killed', async () => {
    const { sent, stored, gaps, journalFaults } = await playChaos(join(root, 'chaos'), FAULTS, 60);
    expect(journalFaults).toEqual([]);
    expect(gaps).toEqual([]);
    expect(stored).toEqual(sent);
  });
});

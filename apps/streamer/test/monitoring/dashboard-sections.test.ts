import { readdirSync, readFileSync } from 'node:fs';
import { glance } from '../../src/monitoring/page/client/glance.ts';
import { sectionsOf } from '../../src/monitoring/page/client/sections.ts';
import { toldStatus } from './told-status.ts';

describe('sections of the dashboard', () => {
  it('are one for what is plain, one more for what is nested, and one for each item that has a name', () => {
    expect(sectionsOf('disk', { freeBytes: 1, stage: null })).toEqual([
      { name: 'disk', entries: [['freeBytes', 1], ['stage', null]] },
    ]); // prettier-ignore
    expect(sectionsOf('cluster', { role: 'writer', writer: { commits: 3, partitions: [{}, {}] }, forwarder: null })).toEqual([
      { name: 'cluster', entries: [['role', 'writer'], ['forwarder', null]] },
      { name: 'cluster writer', entries: [['commits', 3], ['partitions', 2]] },
    ]); // prettier-ignore
    expect(sectionsOf('sinks', [{ name: 'postgres', rows: 1 }, { rows: 2 }])).toEqual([
      { name: 'sinks postgres', entries: [['name', 'postgres'], ['rows', 1]] },
      { name: 'sinks 2', entries: [['rows', 2]] },
    ]); // prettier-ignore
    expect(sectionsOf('concerns', ['a', 'b'])).toEqual([
      { name: 'concerns', entries: [['value', ['a', 'b']]] },
    ]);
  });

  it('are never more than somebody reads', () => {
    expect(sectionsOf('sinks', Array(1000).fill({ rows: 1 }))).toHaveLength(16);
  });
});

describe('the figures that are looked at first', () => {
  const titlesOf = (figures: readonly { title: string; value: string; isBad?: boolean }[]) =>
    figures.map(({ title, value, isBad }) => `${title}: ${value}${isBad === true ? ' !' : ''}`);

  it('are those of streams and books', () => {
    expect(titlesOf(glance(toldStatus(['BTCUSDT']), []))).toEqual([
      'Events/s: –', 'Events: 0', 'Books in sync: 1 of 1', 'Gaps: 0', 'Alarms: 0', 'Oldest in a queue: 12 ms',
      'Memory: 85.8 MiB', 'Restarts: 0',
    ]); // prettier-ignore
  });

  it('are of a writer what it wrote, and how far it is behind', () => {
    const partitions = [{ lagMs: 200, isWaiting: false }, { lagMs: null, isWaiting: true }, { lagMs: 1500, isWaiting: false }]; // prettier-ignore
    const status = {
      ...toldStatus([]),
      cluster: { writer: { rows: 12_345, gaps: 2, commits: 7, partitions } },
    };
    expect(titlesOf(glance(status, []))).toEqual([
      'Rows: 12,345', 'Gaps: 2 !', 'Partitions: 3', 'Behind: 1.5 s', 'Wait for a collector: 1 !', 'Commits: 7',
      'Memory: 85.8 MiB', 'Restarts: 0',
    ]); // prettier-ignore
  });
});

describe('the scripts of the dashboard', () => {
  it('are all served', () => {
    const names = readdirSync('apps/streamer/src/monitoring/page/client').filter((name) =>
      name.endsWith('.ts'),
    );
    const list = readFileSync('apps/streamer/src/monitoring/page-files.ts', 'utf8');
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(list).toContain(`'${name.slice(0, -3)}'`);
  });
});

import { seedOfRun } from '../faults/chance.ts';
import { auditFigures, printFigures } from '../faults/figures.ts';
import { expectAllStoredOnce } from './expect-end.ts';
import { type ClusterKiller, delivers, type Nodes } from './kill-cluster.ts';
import { itOfCluster, LONG, playCluster, SHORT } from './play-cluster.ts';
import { eventually } from '../process/recorder.ts';

const KILLS = Number(process.env['FAULT_COUNT'] ?? 40);
const PAIR = { collectors: ['c1', 'c2'], writers: ['w1', 'w2'], bookNodes: ['b1', 'b2'] };

describe('two collectors of the same symbols, two writers, two machines with books, one server', () => {
  itOfCluster(`lose and double nothing while ${KILLS} kill -9 hit them in a minute`, async () => {
    const seed = seedOfRun();
    const during = (_: Nodes, killer: ClusterKiller): Promise<void> => killer.kill(KILLS, 1100);
    const end = await playCluster({
      ...LONG,
      ...PAIR,
      seed,
      speed: 6,
      leaseMs: 2000,
      patienceMs: 20_000,
      during,
    });
    const { kills, killedForMs, generations } = end;
    const figures = { seed, kills: kills.length, killedForMs, generations };
    for (const found of end.audits) printFigures('cluster kill -9', { ...figures, ...auditFigures(found) });
    const isGapStored = end.audits.some(({ gapRows }) => gapRows > 0);
    if (isGapStored) process.stdout.write(`${end.gapLines.join('\n')}\n`);
    process.stdout.write(`${kills.map(({ kind, victim, at }) => `${at} ${kind}: ${victim}`).join('\n')}\n`);
    expectAllStoredOnce(end);
  });
});

describe('writers that are killed while they pack', () => {
  itOfCluster('have every row once, and every file that is over packed', async () => {
    const during = async ({ writers }: Nodes): Promise<void> => {
      for (const node of [writers[0]!, writers[1]!, writers[0]!, writers[1]!]) {
        await node.statusWhen(({ archive }) => archive.waiting + archive.packed > 0, 90_000);
        await node.kill();
        node.start();
      }
      for (const node of writers)
        await node.statusWhen(({ archive }) => archive.packed > 0 && archive.failed === 0, 90_000);
    };
    const end = await playCluster({
      ...LONG, ...PAIR, seed: 1, speed: 5, leaseMs: 2000, patienceMs: 4000, during,
    }); // prettier-ignore
    process.stdout.write(`cluster packing: ${end.packed} files packed, ${end.generations} generations, ${end.killedForMs} ms\n`);
    expectAllStoredOnce(end);
  });
}); // prettier-ignore

describe('three machines', () => {
  itOfCluster(
    'store everything once when the one in the middle is lost and another one takes its place',
    async () => {
      const during = async ({ writers, collectors }: Nodes): Promise<void> => {
        const [first, middle, replacement] = [collectors[0]!, writers[0]!, writers[1]!];
        await middle.statusWhen(({ cluster }) => cluster?.writer?.partitions.length === 4);
        expect(new Set([first.pid, middle.pid]).size).toBe(2);
        await middle.kill();
        replacement.start();
        await replacement.statusWhen(({ cluster }) => cluster?.writer?.partitions.length === 4);
        await eventually(() => delivers(first));
      };
      const end = await playCluster({
      ...SHORT, collectors: ['tokyo-1'], writers: ['middle'], spares: ['replacement'],
      seed: 1, speed: 2, leaseMs: 2000, patienceMs: 20_000, during,
    }); // prettier-ignore
      expect(end.generations).toBeGreaterThan(1);
      expectAllStoredOnce(end);
    },
  );
});

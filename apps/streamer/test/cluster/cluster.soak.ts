import { seedOfRun } from '../faults/chance.ts';
import { auditFigures, printFigures, SOUND } from '../faults/figures.ts';
import { itOfCluster, playCluster, STREAMS, SYMBOLS } from './play-cluster.ts';

const KILLS = Number(process.env['FAULT_COUNT'] ?? 30);

describe('two collectors of the same symbols, two writers, one server', () => {
  itOfCluster(`lose and double nothing while ${KILLS} kill -9 hit them in a minute`, async () => {
    const seed = seedOfRun();
    const end = await playCluster({
      seed,
      capture: 'usdm-2024-07-18',
      symbols: SYMBOLS,
      streams: STREAMS,
      speed: 6,
      leaseMs: 2000,
      during: (_, killer) => killer.kill(KILLS, 1000),
    });
    const { kills, killedForMs, audits, rows, replays, books, exitCodes, lefts, generations } = end;
    const figures = { seed, kills: kills.length, killedForMs, generations };
    for (const found of audits) printFigures('cluster kill -9', { ...figures, ...auditFigures(found) });
    process.stdout.write(`${kills.map(({ kind, victim }) => `${kind}: ${victim}`).join('\n')}\n`);
    for (const found of audits) expect(found).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
    for (const { what, stored, sent, differsAt } of rows)
      expect({ what, stored, differsAt }).toEqual({ what, stored: sent, differsAt: -1 });
    for (const [index, book] of books.entries())
      expect(replays[index]).toMatchObject({ code: 0, gaps: 0, ...book });
    expect({ exitCodes, lefts }).toEqual({ exitCodes: [0, 0, 0, 0], lefts: [] });
  });
});

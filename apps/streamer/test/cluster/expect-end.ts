import { SOUND } from '../faults/figures.ts';
import type { ClusterEnd } from './play-cluster.ts';

/** Every row of the capture is stored once, in order; every file that is over is packed; the books are those of the oracle; everybody ended as it should. */
export function expectAllStoredOnce(end: ClusterEnd): void {
  const { audits, rows, replays, books, served, exitCodes, lefts, unpacked, packed } = end;
  for (const found of audits) expect(found).toMatchObject({ ...SOUND, lost: 0, gapRows: 0 });
  for (const { what, stored, sent, differsAt } of rows)
    expect({ what, stored, differsAt }).toEqual({ what, stored: sent, differsAt: -1 });
  for (const [index, book] of books.entries())
    expect(replays[index]).toMatchObject({ code: 0, gaps: 0, ...book });
  for (const { given, expected } of served) expect(given).toEqual(expected);
  expect({ unpacked, isPacked: packed > 0 }).toEqual({ unpacked: [], isPacked: true });
  expect({ exitCodes, lefts }).toEqual({ exitCodes: exitCodes.map(() => 0), lefts: [] });
}

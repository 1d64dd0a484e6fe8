import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

type Wire = Record<string, unknown>;

const cell = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
const cells = (...values: unknown[]): string => values.map(cell).join(',');

function depthRows(data: Wire): string[] {
  const head = cells(data['E'], data['T'], data['U'], data['u'], data['pu'], 'diff');
  const rows = (['b', 'a'] as const).flatMap((key) =>
    (data[key] as [string, string][]).map(
      (level) => `${head},${cells(key === 'b' ? 'bid' : 'ask', ...level)}`,
    ),
  );
  return rows.length > 0 ? rows : [`${head},,,`];
}

const ROWS: Readonly<Record<string, (data: Wire) => string[]>> = {
  depth: depthRows,
  aggtrade: (d) => [cells(d['a'], d['p'], d['q'], d['f'], d['l'], d['T'], d['m'], d['nq'], d['E'], 'ws')],
  trade: (d) => [cells(d['t'], d['p'], d['q'], d['T'], d['m'], d['X'], d['E'])],
  bookticker: (d) => [cells(d['u'], d['b'], d['B'], d['a'], d['A'], d['T'], d['E'])],
  kline: (d) => {
    const k = d['k'] as Wire;
    return [
      cells(
        k['t'], k['o'], k['h'], k['l'], k['c'], k['v'], k['T'], k['q'], k['n'], k['V'], k['Q'], k['B'],
        k['i'], k['x'], k['f'], k['L'], d['E'],
      ), // prettier-ignore
    ];
  },
};

function kindOf(stream: string): string {
  const name = stream.slice(stream.indexOf('@') + 1);
  if (name.startsWith('kline_')) return 'kline';
  return name.startsWith('depth') ? 'depth' : name.toLowerCase();
}

/** Every frame of the given streams in the capture files of one symbol, as rows by kind, in order. */
export function expectedRows(files: readonly string[], streams: readonly string[]): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  for (const file of files) {
    for (const line of gunzipSync(readFileSync(file)).toString('utf8').split('\n')) {
      if (!line.includes('"stream"')) continue;
      const { stream, data } = JSON.parse(line.slice(line.indexOf(' ') + 1)) as {
        stream: string;
        data: Wire;
      };
      if (!streams.includes(stream.slice(stream.indexOf('@') + 1))) continue;
      const kind = kindOf(stream);
      const known = rows.get(kind) ?? [];
      known.push(...ROWS[kind]!(data));
      rows.set(kind, known);
    }
  }
  return rows;
}

/** The rows of a recorded file, without `local_time` and, for depth, without the snapshots. */
export function recordedRows(folder: string, kind: string, dates: readonly string[]): string[] {
  return dates.flatMap((date) => {
    const [header, ...rows] = readFileSync(join(folder, `${kind}_${date}.csv`), 'utf8')
      .trimEnd()
      .split('\n');
    const column = header!.split(',').indexOf('local_time');
    return rows
      .map((row) =>
        row
          .split(',')
          .filter((_, index) => index !== column)
          .join(','),
      )
      .filter((row) => kind !== 'depth' || row.split(',')[5] === 'diff');
  });
}

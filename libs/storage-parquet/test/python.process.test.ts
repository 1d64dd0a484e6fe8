import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compactDay } from '@org/storage-parquet';
import { withDuckDb } from './duckdb.ts';
import { DATE, everyStream, newStore, record, SYMBOL, temporaryFolder } from './recording.ts';

/** The Python that `PYTHON` names, else the one of the system. */
const PYTHON = process.env['PYTHON'] ?? 'python3';
const COUNT = 40;
const folder = temporaryFolder();

function hasModules(...names: readonly string[]): boolean {
  const probe = `import importlib.util as u, sys; sys.exit(any(u.find_spec(n) is None for n in ${JSON.stringify(names)}))`;
  const isThere = spawnSync(PYTHON, ['-c', probe]).status === 0;
  if (!isThere) console.warn(`a test is skipped: ${PYTHON} has not all of ${names.join(', ')}`);
  return isThere;
}

/** The program that a section of the document shows, on the recording in the place of `data`. */
function program(section: string, data: string): string {
  const document = readFileSync(resolve('docs/parquet.md'), 'utf8');
  const text = document.split(`\n## ${section}\n`)[1]!.split('\n## ')[0]!;
  const blocks = [...text.matchAll(/```python\n([\s\S]*?)```/g)].map(([, block]) => block);
  expect(blocks).toHaveLength(2);
  return blocks.join('').replaceAll("'data/", `'${data}/`);
}

async function printed(section: string, code: string): Promise<unknown> {
  const data = newStore(folder);
  await record(data, everyStream(COUNT));
  await compactDay({ outputDir: data, symbol: SYMBOL, date: DATE, nowMs: Date.UTC(2026, 0, 5) });
  const script = `${program(section, data)}\nimport json\nprint(json.dumps(${code}))\n`;
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', script], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('the document', () => {
  (hasModules('pandas', 'pyarrow') ? withDuckDb : it.skip)('shows how pandas reads Parquet and CSV exactly', async () => {
    const code = "[str(notional), str(trades['price'].dtype), len(depth), str(depth['first_update_id'].dtype), str(depth['local_time'].dtype), depth['price'][0]]";
    expect(await printed('pandas', code)).toEqual([
      expect.stringMatching(/^24000\.040+$/), 'decimal128(28, 8)[pyarrow]', 2 * COUNT, 'Int64', expect.stringMatching(/^datetime64\[.*UTC\]$/), '60000.10',
    ]);
  }); // prettier-ignore

  (hasModules('polars') ? withDuckDb : it.skip)('shows how polars reads Parquet and CSV exactly', async () => {
    const code = "[str(notional), str(trades.collect_schema()['price']), depth.height, str(depth.schema['price']), str(depth.schema['local_time']), str(depth['price'][0])]";
    expect(await printed('polars', code)).toEqual([
      expect.stringMatching(/^24000\.040+$/), expect.stringContaining('28'), 2 * COUNT, expect.stringContaining('28'), expect.stringContaining('UTC'), '60000.10000000',
    ]);
  }); // prettier-ignore
});

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { differences } from '../bench/harness/equality.mjs';
import { parseOptions } from '../bench/harness/options.mjs';
import { oracleProblems } from '../bench/harness/oracle.mjs';
import { median, pairedRatio } from '../bench/harness/statistics.mjs';
import { formatTable, isMet } from '../bench/harness/table.mjs';

interface Part {
  readonly name: string;
  readonly record: string;
  readonly recordBytes?: number;
}

interface Candidate {
  readonly unitsPerPass: number;
  readonly evidence: (folder: string) => Promise<Part[]> | Part[];
}

interface CandidateModule {
  readonly createCandidate: (
    workload: unknown,
    scratch: string,
    conditions: object,
  ) => Candidate | Promise<Candidate>;
}

interface WorkloadModule {
  readonly loadWorkload: (folder: string) => Promise<{ readonly levels: number }>;
}

const DATA = resolve('../shared/data/usdm-2021-07-22');
const missing = [DATA, resolve('bench/node_modules/tardis-dev')].filter((path) => !existsSync(path));
const onRecording = missing.length === 0 ? it : it.skip;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function evidenceOf(name: string, files: Readonly<Record<string, string | Uint8Array>>, parts: Part[]) {
  const own = join(folder, name);
  mkdirSync(own);
  for (const [file, contents] of Object.entries(files)) writeFileSync(join(own, file), contents);
  return { folder: own, parts };
}

/** Modules of the benchmark are plain JavaScript beyond its harness, and some need packages that are not installed here. */
async function load<T>(path: string): Promise<T> {
  return (await import(resolve('bench', path))) as T;
}

async function evidenceOfCandidate(module: string) {
  const { loadWorkload } = await load<WorkloadModule>('workload/workload.mjs');
  const { createCandidate } = await load<CandidateModule>(module);
  const name = module.replaceAll('/', '-');
  const own = join(folder, name);
  const scratch = join(folder, `${name}-scratch`);
  for (const path of [own, scratch]) mkdirSync(path);
  const candidate = await createCandidate(await loadWorkload(DATA), scratch, {});
  return { folder: own, parts: await candidate.evidence(own) };
}

describe('the comparison of results', () => {
  const parts = [{ name: 'bests', record: 'message', recordBytes: 4 }];

  it('finds none between equal files', () => {
    const ours = evidenceOf('ours', { bests: 'aaaabbbb' }, parts);
    expect(differences(ours, evidenceOf('peer', { bests: 'aaaabbbb' }, parts))).toEqual([]);
  });

  it('names the first record that differs and how many messages were sound before it', () => {
    const ours = evidenceOf('ours', { bests: 'aaaabbbbcccc' }, parts);
    const peer = evidenceOf('peer', { bests: 'aaaabbbbccXc' }, parts);
    expect(differences(ours, peer)).toEqual([
      { part: 'bests', problem: 'differs at message 3', soundMessages: 2 },
    ]);
  });

  it('finds a file that is only the beginning of the other, on either side', () => {
    const long = evidenceOf('long', { bests: 'aaaabbbb' }, parts);
    const short = evidenceOf('short', { bests: 'aaaa' }, parts);
    const expected = [{ part: 'bests', problem: 'differs at message 2', soundMessages: 1 }];
    expect(differences(long, short)).toEqual(expected);
    expect(differences(short, long)).toEqual(expected);
  });

  it('counts lines where records have no fixed size, also beyond a first megabyte', () => {
    const rows = [{ name: 'rows', record: 'row' }];
    const many = `${'x'.repeat(99)}\n`.repeat(20_000);
    const ours = evidenceOf('ours', { rows: `${many}1,2\n` }, rows);
    const peer = evidenceOf('peer', { rows: `${many}1,3\n` }, rows);
    expect(differences(ours, peer)).toEqual([{ part: 'rows', problem: 'differs at row 20001' }]);
  });

  it('refuses evidence that lacks a part', () => {
    const ours = evidenceOf('ours', { bests: '' }, parts);
    expect(differences(ours, evidenceOf('peer', {}, []))).toHaveLength(1);
  });

  it('tells when the final book is not the one of the oracle', () => {
    const name = 'BTCUSDT final book';
    const ours = evidenceOf('ours', { [name]: 'b 1 2\n' }, [{ name, record: 'level' }]);
    const books = { 'captures/BTCUSDT': { checkpoints: [{ sha256: 'of another book' }] } };
    writeFileSync(join(folder, 'books.json'), JSON.stringify(books));
    expect(oracleProblems(join(folder, 'captures'), ours)).toHaveLength(1);
    expect(oracleProblems(join(folder, 'others'), ours)).toEqual([]);
  });
});

describe('the ratio', () => {
  it('is the middle of the ratios of rounds, whatever the rounds as a whole took', () => {
    expect(pairedRatio([1, 10, 2], [30, 200, 80])).toEqual({ median: 30, lowest: 20, highest: 40 });
  });

  it('needs the same number of rounds of both', () => {
    expect(() => pairedRatio([1, 2], [3])).toThrow(RangeError);
    expect(() => pairedRatio([], [])).toThrow(RangeError);
  });

  it('is the mean of the two in the middle when rounds are even', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('the table', () => {
  const row = { what: 'book', ours: 16.34, unit: 'ns/level', peer: 'peer 1.0.0', notes: [] };
  const ratio = { median: 36.4, lowest: 35, highest: 38.04 };

  it('says yes only when the ratio is as demanded', () => {
    expect(isMet({ ...row, ratio, demanded: 36 })).toBe(true);
    expect(isMet({ ...row, ratio, demanded: 36.4 })).toBe(true);
    expect(isMet({ ...row, ratio, demanded: 37 })).toBe(false);
    expect(isMet({ ...row, ratio })).toBeUndefined();
  });

  it('takes a figure without a peer for a rate, of which more is better', () => {
    expect(isMet({ ...row, ours: 6.1, demanded: 6 })).toBe(true);
    expect(isMet({ ...row, ours: 5.9, demanded: 6 })).toBe(false);
  });

  it('never says yes of a ratio that is no number', () => {
    expect(isMet({ ...row, ratio: { median: NaN, lowest: NaN, highest: NaN }, demanded: 1 })).toBe(false);
  });

  it('lines up its columns and numbers its notes', () => {
    const rows = [
      { ...row, peerValue: 595, ratio, demanded: 36, notes: ['why'] },
      { ...row, what: 'another row', peerValue: 2, ratio, notes: ['why'] },
    ];
    const [head, rule, first, second, ...rest] = formatTable(rows).split('\n');
    expect(new Set([head, rule, first, second].map((line) => line?.length)).size).toBe(1);
    expect(first).toMatch(
      /^\| book \[1\] +\| 16.3 \| ns\/level \| peer 1.0.0 \| +595 \| +36.4 \| 35.0, 38.0 \| +36 \| yes/u,
    );
    expect(rest).toEqual(['', '1. why', '']);
  });
});

describe('the options', () => {
  it('take the suites in the order of the table', () => {
    expect(parseOptions(['--only', 'rows, book']).suites).toEqual(['book', 'rows']);
  });

  it('leave the committed results alone in a quick run', () => {
    expect(parseOptions(['--quick']).out).toBeUndefined();
    expect(parseOptions([]).out).toBe('bench/RESULTS.md');
  });

  it.each([['--only', 'books'], ['--rounds', '0'], ['--rounds', 'many'], ['--unknown'], ['stray']])(
    'refuse %s %s',
    (...args) => {
      expect(() => parseOptions(args)).toThrow();
    },
  );
});

if (missing.length > 0) console.warn(`not run on a recording: ${missing.join(', ')} missing`);

describe('candidates on a real recording', () => {
  onRecording('agree about ticks and units, and a planted wrong digit is found', async () => {
    const ours = await evidenceOfCandidate('ours/parse.mjs');
    const peer = await evidenceOfCandidate('peers/json-parse.mjs');
    expect(differences(ours, peer)).toEqual([]);
    const [part] = peer.parts;
    const path = join(peer.folder, part!.name);
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/\d\n/u, (end) => (end === '0\n' ? '1\n' : '0\n')),
    );
    expect(differences(ours, peer)).toHaveLength(1);
  });

  onRecording('agree about every best price and the whole book, and a planted level is found', async () => {
    const ours = await evidenceOfCandidate('ours/book.mjs');
    const peer = await evidenceOfCandidate('peers/tardis-book.mjs');
    expect(differences(ours, peer)).toEqual([]);
    expect(oracleProblems(DATA, ours)).toEqual([]);
    appendFileSync(join(ours.folder, 'SUSHIUSDT final book'), 'a 1 1\n');
    expect(differences(ours, peer)).toHaveLength(1);
    expect(oracleProblems(DATA, ours)).toHaveLength(1);
  });
});

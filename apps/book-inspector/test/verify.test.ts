import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FIRST_DAY, generateRecording, SECOND_DAY, SYMBOL } from './support/generated-recording.ts';
import { pack, sealDay } from './support/sealed-recording.ts';
import { placeOf, runVerifyCommand, verified } from './support/verify-run.ts';

let root: string;
let sound: string;
let dataDir: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'book-inspector-verify-'));
  sound = join(root, 'sound');
  await generateRecording(sound, 7);
  await sealDay(join(sound, SYMBOL), FIRST_DAY);
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  dataDir = join(root, 'copy');
  cpSync(sound, dataDir, { recursive: true });
});
afterEach(() => rmSync(dataDir, { recursive: true }));

/** Name of a file of the recording: packed on the first day, plain and open on the second. */
const closed = (kind: string) => `${SYMBOL}/${kind}_${FIRST_DAY}.csv.gz`;
const open = (kind: string) => `${SYMBOL}/${kind}_${SECOND_DAY}.csv`;

function edit(name: string, change: (lines: string[]) => string[]): void {
  const path = join(dataDir, name);
  const bytes = readFileSync(path);
  const isPacked = name.endsWith('.gz');
  const lines = (isPacked ? gunzipSync(bytes) : bytes).toString().split('\n');
  const changed = Buffer.from(change(lines).join('\n'));
  writeFileSync(path, isPacked ? pack(changed) : changed);
}

/** Lines are counted from 1, as findings count them. */
const without = (line: number) => (lines: string[]) => lines.toSpliced(line - 1, 1);
const doubled = (line: number) => (lines: string[]) => lines.toSpliced(line - 1, 0, lines[line - 1]!);
const swapped = (line: number) => (lines: string[]) =>
  lines.toSpliced(line - 1, 2, lines[line]!, lines[line - 1]!);
const changed = (line: number, from: RegExp, to: string) => (lines: string[]) =>
  lines.with(line - 1, lines[line - 1]!.replace(from, to));

function linesOf(name: string): string[] {
  const bytes = readFileSync(join(dataDir, name));
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n');
}

function lineOf(name: string, wanted: (line: string, lines: readonly string[]) => boolean): number {
  const lines = linesOf(name);
  return lines.findIndex((line) => wanted(line, lines)) + 1;
}

/** The line on which the n-th diff of a depth file begins, and how many rows it has. */
function diffAt(name: string, n: number): { line: number; rows: number } {
  const lines = linesOf(name);
  const heads = lines.map((line) => (line.includes(',diff,') ? line.split(',', 6).join() : ''));
  const begins = heads.flatMap((head, at) => (head !== '' && head !== heads[at - 1] ? [at] : []));
  const at = begins[n]!;
  return { line: at + 1, rows: heads.filter((head) => head === heads[at]).length };
}

async function found(): Promise<string[]> {
  return (await verified(dataDir)).findings.map(placeOf);
}

/** Without what the sums of open files say of each that was changed. */
async function located(): Promise<string[]> {
  return (await found()).filter((place) => !place.startsWith('error CONTENT_WRONG'));
}

/** Makes the checkpoint say that a file has so many bytes. */
function listInCheckpoint(file: string, bytes: number): void {
  const path = join(dataDir, '.csv-checkpoint.json');
  const { version, sha256, ...body } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const changed = { ...body, files: { ...(body['files'] as object), [file]: bytes } };
  const sum = createHash('sha256').update(JSON.stringify(changed)).digest('hex');
  expect(sha256).not.toBe(sum);
  writeFileSync(path, `${JSON.stringify({ version, sha256: sum, ...changed })}\n`);
}

describe('verify on a recording with closed and open files', () => {
  it('is clean when nothing was touched, with every gap declared and every stored book equal', async () => {
    const verdict = await verified(dataDir);
    expect(verdict.findings).toEqual([]);
    expect(verdict).toMatchObject({
      clean: true,
      files: 14,
      gaps: { declared: 4, undeclared: 0, healed: 2 },
      books: { checked: 20, unchecked: 0 },
      findingsLeftOut: 0,
    });
  });

  it('counts the rows and events of every kind of file', async () => {
    const [symbol] = (await verified(dataDir)).symbols;
    expect(symbol!.kinds.map(({ kind, files, events }) => [kind, files, events])).toEqual([
      ['aggtrade', 2, 123],
      ['kline', 2, 115],
      ['bookticker', 2, 120],
      ['markprice', 2, 120],
      ['depth', 2, 123],
      ['orderbook', 2, 20],
      ['gaps', 2, 4],
    ]);
  });

  it('exits with 0 for a clean recording, and with 1 for one that is not', async () => {
    expect((await runVerifyCommand('--data-dir', dataDir)).exitCode).toBe(0);
    edit(open('aggtrade'), without(9));
    expect((await runVerifyCommand('--data-dir', dataDir)).exitCode).toBe(1);
  });

  it('names no fault while the last lines of open files are unfinished', async () => {
    for (const kind of ['aggtrade', 'depth', 'kline', 'orderbook', 'gaps', 'bookticker']) {
      const path = join(dataDir, open(kind));
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, `${text}${text.split('\n').at(-2)!.slice(0, 17)}`);
    }
    const { clean, findings } = await verified(dataDir);
    expect(clean).toBe(true);
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(['LINE_UNFINISHED']));
  });

  describe('finds and locates a planted fault:', () => {
    it('a removed aggregate trade', async () => {
      edit(open('aggtrade'), without(9));
      expect(await found()).toContain(`error GAP_UNDECLARED ${open('aggtrade')}:9`);
    });

    it('a removed bar', async () => {
      const line = lineOf(open('kline'), (row) => row.includes(',1m,true,'));
      edit(open('kline'), without(line));
      expect(await found()).toContain(`error GAP_UNDECLARED ${open('kline')}:${line}`);
    });

    it('a removed depth message', async () => {
      const { line, rows } = diffAt(open('depth'), 10);
      edit(open('depth'), (lines) => lines.toSpliced(line - 1, rows));
      expect(await found()).toContain(`error GAP_UNDECLARED ${open('depth')}:${line}`);
    });

    it('a row removed from the middle of a closed depth message', async () => {
      edit(closed('depth'), without(diffAt(closed('depth'), 10).line + 1));
      const places = await found();
      expect(places).toContain(`error MANIFEST_WRONG ${closed('depth')}`);
      expect(places).toContain(`error CHECKSUM_WRONG ${closed('depth')}`);
    });

    it('a level removed from a snapshot in the middle of an open file', async () => {
      const line = lineOf(
        closed('depth'),
        (row, lines) => row.includes(',snapshot,bid,') && lines.indexOf(row) > 40,
      );
      edit(closed('depth'), without(line));
      const { findings } = await verified(dataDir);
      expect(findings.find(({ code }) => code === 'BOOK_DIFFERS')).toMatchObject({
        severity: 'error',
        file: closed('orderbook'),
        line: expect.any(Number),
      });
    });

    it('a changed digit of a price in a closed file', async () => {
      edit(closed('aggtrade'), changed(20, /1000\.70/, '1000.80'));
      const { findings } = await verified(dataDir);
      expect(findings.map(placeOf)).toContain(`error MANIFEST_WRONG ${closed('aggtrade')}`);
      expect(findings.some(({ message }) => message.startsWith('sha256'))).toBe(true);
    });

    it('a changed digit of a price in an open depth file', async () => {
      const line = lineOf(open('depth'), (row) => row.includes(',diff,bid,999.50'));
      edit(open('depth'), changed(line, /,999\.50/, ',799.50'));
      expect((await found()).filter((place) => place.startsWith('error'))).not.toEqual([]);
    });

    it('a changed digit of a quantity in an open file, by the sum in the checkpoint', async () => {
      edit(open('aggtrade'), changed(12, /,0\.010,/, ',0.020,'));
      const { findings } = await verified(dataDir);
      expect(findings.map(placeOf)).toEqual([`error CONTENT_WRONG ${open('aggtrade')}`]);
      expect(findings[0]!.message).toMatch(
        /^its first \d+ bytes .* expected CRC-32 [0-9a-f]{8}, .*was [0-9a-f]{8}$/,
      );
    });

    it('a letter where digits belong', async () => {
      edit(open('aggtrade'), changed(12, /1000\.70/, '10O0.70'));
      expect(await found()).toContain(`error ROW_BROKEN ${open('aggtrade')}:12`);
    });

    it('a flipped byte in a packed file', async () => {
      const path = join(dataDir, closed('depth'));
      const bytes = readFileSync(path);
      bytes[Math.floor(bytes.length / 3)]! ^= 0x10;
      writeFileSync(path, bytes);
      const places = await found();
      expect(places).toContain(`error CHECKSUM_WRONG ${closed('depth')}`);
      expect(places.some((place) => place.startsWith(`error FILE_UNREADABLE ${closed('depth')}:`))).toBe(
        true,
      );
    });

    it('an open file that was cut within a line, by the length in the checkpoint', async () => {
      const path = join(dataDir, open('aggtrade'));
      writeFileSync(path, readFileSync(path).subarray(0, -30));
      const { findings } = await verified(dataDir);
      expect(findings.map(placeOf)).toContain(`error FILE_CUT ${open('aggtrade')}`);
      expect(findings.find(({ code }) => code === 'FILE_CUT')?.byteOffset).toBe(readFileSync(path).length);
    });

    it('a packed file that was cut', async () => {
      const path = join(dataDir, closed('kline'));
      writeFileSync(path, readFileSync(path).subarray(0, -40));
      const places = await found();
      expect(places).toContain(`error CHECKSUM_WRONG ${closed('kline')}`);
      expect(places.some((place) => place.startsWith(`error FILE_CUT ${closed('kline')}:`))).toBe(true);
    });

    it('a doubled aggregate trade, a doubled bar and a doubled row of a book ticker', async () => {
      const bar = lineOf(open('kline'), (row) => row.includes(',1m,true,'));
      edit(open('aggtrade'), doubled(9));
      edit(open('kline'), doubled(bar));
      edit(open('bookticker'), doubled(5));
      expect(await located()).toEqual([
        `error ROW_REPEATED ${open('aggtrade')}:10`,
        `error ROW_REPEATED ${open('kline')}:${bar + 1}`,
        `error ROW_REPEATED ${open('bookticker')}:6`,
      ]);
    });

    it('a doubled depth row and a doubled depth message', async () => {
      const early = diffAt(open('depth'), 3);
      const late = diffAt(open('depth'), 30);
      edit(open('depth'), (lines) => {
        const message = lines.slice(late.line - 1, late.line - 1 + late.rows);
        return lines
          .toSpliced(late.line - 1 + late.rows, 0, ...message)
          .toSpliced(early.line, 0, lines[early.line - 1]!);
      });
      const places = await found();
      expect(places).toContain(`error LEVEL_REPEATED ${open('depth')}:${early.line + 1}`);
      expect(places.filter((place) => /LEVEL_(REPEATED|OUT_OF_ORDER)/.test(place))).toHaveLength(2);
    });

    it('a depth message that stands again behind the next one', async () => {
      const first = diffAt(open('depth'), 30);
      const second = diffAt(open('depth'), 31);
      edit(open('depth'), (lines) =>
        lines.toSpliced(
          second.line - 1 + second.rows,
          0,
          ...lines.slice(first.line - 1, first.line - 1 + first.rows),
        ),
      );
      expect(await found()).toContain(`error ROW_REPEATED ${open('depth')}:${second.line + second.rows}`);
    });

    it('swapped rows', async () => {
      edit(open('aggtrade'), swapped(9));
      edit(open('kline'), swapped(4));
      edit(open('bookticker'), swapped(9));
      edit(open('markprice'), swapped(9));
      const places = await found();
      expect(places).toContain(`error ROW_OUT_OF_PLACE ${open('aggtrade')}:10`);
      expect(places).toContain(`error ROW_OUT_OF_PLACE ${open('kline')}:5`);
      expect(places).toContain(`error ROW_OUT_OF_PLACE ${open('bookticker')}:10`);
      expect(places).toContain(`error ROW_OUT_OF_PLACE ${open('markprice')}:10`);
      expect(places.filter((place) => place.includes('GAP_'))).toEqual([]);
    });

    it('a removed gaps row, of each stream and also of a healed gap', async () => {
      edit(closed('gaps'), (lines) => lines.slice(0, 1));
      edit(open('gaps'), (lines) => lines.slice(0, 1));
      const { findings, gaps } = await verified(dataDir);
      expect(gaps).toEqual({ declared: 0, undeclared: 4, healed: 0 });
      expect(
        findings
          .filter(({ code }) => code === 'GAP_UNDECLARED')
          .map(({ stream }) => stream)
          .sort(),
      ).toEqual(['BTCUSDT@aggTrade', 'BTCUSDT@aggTrade', 'BTCUSDT@depth', 'BTCUSDT@kline_1m']);
    });

    it('an invented gaps row', async () => {
      const line = lineOf(open('gaps'), (row) => row === '');
      const row = lineOf(open('aggtrade'), (text) => text.endsWith(',ws')) + 4;
      const id = Number(
        readFileSync(join(dataDir, open('aggtrade')), 'utf8')
          .split('\n')
          [row]!.split(',', 1)[0],
      );
      const invented = `BTCUSDT@aggTrade,reconnect,${id},${id + 2},,,1772409600000000,0,`;
      edit(open('gaps'), (lines) => lines.toSpliced(line - 1, 0, invented));
      expect(await found()).toEqual([`warning GAP_SPURIOUS ${open('gaps')}:${line}`]);
    });

    it('a gaps row that says healed while rows are missing', async () => {
      const line = lineOf(open('gaps'), (row) => row.startsWith('BTCUSDT@aggTrade'));
      edit(open('gaps'), changed(line, /,$/, ',rest'));
      expect(await found()).toContain(`error GAP_NOT_HEALED ${open('gaps')}:${line}`);
    });

    it('a changed CHECKSUM', async () => {
      const path = join(dataDir, `${closed('kline')}.CHECKSUM`);
      writeFileSync(path, readFileSync(path, 'utf8').replace(/^../, '00'));
      expect(await found()).toEqual([`error CHECKSUM_WRONG ${closed('kline')}`]);
    });

    it('a file that is missing', async () => {
      rmSync(join(dataDir, closed('aggtrade')));
      const places = await found();
      expect(places).toContain(`error FILE_MISSING ${SYMBOL}/aggtrade_${FIRST_DAY}.csv`);
      expect(places).toContain(`error FILE_MISSING ${closed('aggtrade')}`);
    });

    it('a changed header', async () => {
      edit(open('kline'), changed(1, /open_time/, 'opentime'));
      expect(await found()).toContain(`error HEADER_WRONG ${open('kline')}:1`);
    });

    it('a changed count in a manifest', async () => {
      const path = join(dataDir, SYMBOL, `manifest_${FIRST_DAY}.json`);
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(/("kind": "kline",[^}]*?"rows": )(\d+)/, '$1999'),
      );
      const { findings } = await verified(dataDir);
      expect(findings.map(placeOf)).toEqual([
        `error MANIFEST_WRONG ${closed('kline')}`,
        `error MANIFEST_WRONG ${SYMBOL}/manifest_${FIRST_DAY}.json`,
      ]);
      expect(findings[0]!.message).toMatch(/^rows: .* says 999, was \d+$/);
    });

    it('a stored top that is not the book', async () => {
      const line = lineOf(open('orderbook'), (row) => row.includes(',ask,2,'));
      edit(
        open('orderbook'),
        changed(line, /\d$/, 'x').length === 0
          ? (lines) => lines
          : (lines) => lines.with(line - 1, lines[line - 1]!.replace(/,[^,]*$/, ',77.7')),
      );
      expect(await located()).toEqual([`error BOOK_DIFFERS ${open('orderbook')}:${line}`]);
    });

    it('an opening snapshot that is not the book at the end of the day before', async () => {
      edit(open('depth'), (lines) => lines.with(3, lines[3]!.replace(/,[^,]*$/, ',77.7')));
      expect(await found()).toContain(`error OPENING_DIFFERS ${open('depth')}:4`);
    });

    it('a row of another day', async () => {
      edit(open('markprice'), (lines) => lines.with(7, lines[7]!.replace(/,\d+$/, ',1772300000000000')));
      expect(await found()).toContain(`error TIME_OUT_OF_PERIOD ${open('markprice')}:8`);
    });
  });

  it('says what it could not compare when there are no manifests and no CHECKSUMs', async () => {
    for (const kind of ['aggtrade', 'depth', 'kline', 'orderbook', 'gaps', 'bookticker', 'markprice'])
      rmSync(join(dataDir, `${closed(kind)}.CHECKSUM`));
    rmSync(join(dataDir, SYMBOL, `manifest_${FIRST_DAY}.json`));
    const { clean, findings } = await verified(dataDir);
    expect(clean).toBe(true);
    expect(findings.filter(({ code }) => code === 'CHECKSUM_MISSING')).toHaveLength(7);
    expect(findings.filter(({ code }) => code === 'MANIFEST_MISSING')).toHaveLength(1);
  });

  it.each([
    ['the id of a first row', /("first": \{\s*"id": )\d+/, '.csv.gz'],
    ['a receipt of a last row', /("last": \{[^}]*"localTime": )\d+/, '.csv.gz'],
    ['the length of a packed file', /("packed": \{\s*"bytes": )\d+/, '.csv.gz'],
    ['the rows of the day', /("recorderVersion": "0.1.0",\s*"rows": )\d+/, `manifest_${FIRST_DAY}.json`],
    ['the gaps of the day', /("total": )\d+/, `manifest_${FIRST_DAY}.json`],
  ])('finds that %s in a manifest was changed', async (_, from, file) => {
    const path = join(dataDir, SYMBOL, `manifest_${FIRST_DAY}.json`);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(from);
    writeFileSync(path, text.replace(from, '$17'));
    expect(await found()).toEqual([
      expect.stringMatching(new RegExp(`^error MANIFEST_WRONG .*${file.replaceAll('.', '\\.')}$`)),
    ]);
  });

  it('misses no file of which the checkpoint counts no byte', async () => {
    const lost = `${SYMBOL}/trade_${SECOND_DAY}.csv`;
    listInCheckpoint(lost, 0);
    expect(await found()).toEqual([]);
    listInCheckpoint(lost, 1);
    expect(await found()).toEqual([`error FILE_MISSING ${lost}`]);
  });

  it('takes one of two while a file is being packed', async () => {
    const plain = join(dataDir, closed('depth').slice(0, -'.gz'.length));
    writeFileSync(plain, gunzipSync(readFileSync(join(dataDir, closed('depth')))));
    expect(existsSync(plain)).toBe(true);
    expect((await verified(dataDir)).clean).toBe(true);
  });
});

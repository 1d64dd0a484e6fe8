import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  captureFiles,
  captureSymbol,
  readCapture,
  type CaptureError,
  type CaptureLine,
  type CaptureReadOptions,
} from '@org/storage';
import { readFileSync } from 'node:fs';

const recordings = resolve('../shared/data');
const withRecordings = existsSync(recordings) ? it : it.skip;

const folder = mkdtempSync(join(tmpdir(), 'capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function readAll(
  path: string,
  options?: CaptureReadOptions,
): Promise<{ lines: CaptureLine[]; error?: CaptureError }> {
  const lines: CaptureLine[] = [];
  try {
    for await (const line of readCapture(path, options)) lines.push(line);
  } catch (error) {
    return { lines, error: error as CaptureError };
  }
  return { lines };
}

const text = (lines: readonly CaptureLine[]): string =>
  lines.map(({ receivedAtNs, bytes }) => `${receivedAtNs} ${bytes.toString()}\n`).join('');

const THREE = '1 {"a":1}\n1626992741062170000 {"stream":"btcusdt@trade","data":{}}\n3 {"lastUpdateId":7}\n';

describe('a capture', () => {
  withRecordings('gives back a real recording byte for byte, with line numbers', async () => {
    const path = join(recordings, 'usdm-2021-07-22/sushiusdt_20210722.gz');
    const { lines, error } = await readAll(path);
    expect(error).toBeUndefined();
    expect(text(lines)).toBe(gunzipSync(readFileSync(path)).toString());
    expect(lines.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1));
  });

  it.each([
    ['plain text', Buffer.from(THREE)],
    ['gzip', gzipSync(THREE)],
    ['several gzip members', Buffer.concat([gzipSync(THREE.slice(0, 5)), gzipSync(THREE.slice(5))])],
    ['text without a last LF', Buffer.from(THREE.trimEnd())],
    ['gzip without a last LF', gzipSync(THREE.trimEnd())],
  ])('is read from %s', async (_name, content) => {
    const { lines, error } = await readAll(file('some.gz', content));
    expect(error).toBeUndefined();
    expect(text(lines)).toBe(THREE);
    expect(lines[1]?.receivedAtNs).toBe(1626992741062170000n);
  });

  it('is empty when its file is empty', async () => {
    expect(await readAll(file('empty.gz', ''))).toEqual({ lines: [] });
  });

  it('gives every complete line of a gzip file that is cut, then says where it was cut, at every byte', async () => {
    const whole = gzipSync(THREE.repeat(20));
    for (let length = 2; length < whole.length; length++) {
      const path = file('cut.gz', whole.subarray(0, length));
      const { lines, error } = await readAll(path);
      expect(error).toMatchObject({ code: 'CAPTURE_TRUNCATED', path, lastGoodLine: lines.length });
      expect(THREE.repeat(20).startsWith(text(lines))).toBe(true);
    }
    const { lines } = await readAll(file('cut.gz', whole.subarray(0, whole.length - 8)));
    expect(lines).toHaveLength(60);
  });

  withRecordings('loses nothing before the cut of a large file', async () => {
    const whole = readFileSync(join(recordings, 'usdm-2024-07-18/btcusdt_20240718.gz'));
    const content = gunzipSync(whole).toString();
    const { lines, error } = await readAll(file('large.gz', whole.subarray(0, whole.length - 9)));
    expect(error?.code).toBe('CAPTURE_TRUNCATED');
    expect(content.length - text(lines).length).toBeLessThan(2000);
    expect(content.startsWith(text(lines))).toBe(true);
  });

  it('tells plain text that is cut from plain text without a last LF', async () => {
    const { lines, error } = await readAll(file('cut.txt', THREE.slice(0, -3)));
    expect(lines).toHaveLength(2);
    expect(error).toMatchObject({ code: 'CAPTURE_TRUNCATED', lastGoodLine: 2 });
  });

  it('reports a gzip file that is damaged in its middle', async () => {
    const bytes = gzipSync(THREE.repeat(2000), { level: 0 });
    bytes.fill(0xff, 40_000, 120_000);
    expect((await readAll(file('damaged.gz', bytes))).error).toMatchObject({ code: 'CAPTURE_UNREADABLE' });
  });

  it.each([['x {}'], ['{}'], [''], ['12'], ['12 '], ['12 text'], ['-1 {}'], [`${'9'.repeat(20)} {}`]])(
    'rejects the line %j and goes on when asked to, and otherwise stops there',
    async (broken) => {
      const path = file('broken.txt', `1 {"a":1}\n${broken}\n3 {"a":3}\n`);
      const strict = await readAll(path);
      expect(text(strict.lines)).toBe('1 {"a":1}\n');
      expect(strict.error).toMatchObject({ code: 'CAPTURE_LINE_BROKEN', path, lastGoodLine: 1 });
      const rejections: unknown[] = [];
      const lenient = await readAll(path, { rejected: (rejection) => rejections.push(rejection) });
      expect(lenient.error).toBeUndefined();
      expect(lenient.lines.map(({ line }) => line)).toEqual([1, 3]);
      expect(rejections).toEqual([{ path, line: 2, problem: expect.stringMatching(/^expected/) }]);
    },
  );

  it('refuses a line beyond its limit', async () => {
    const content = gzipSync(Buffer.concat([Buffer.from('1 {}\n2 {'), Buffer.alloc(17 * 1024 * 1024, 0x20)]));
    const { lines, error } = await readAll(file('endless.gz', content));
    expect(lines).toHaveLength(1);
    expect(error).toMatchObject({ code: 'CAPTURE_LINE_TOO_LONG', lastGoodLine: 1 });
  });

  it('says so when its file is not there', async () => {
    expect((await readAll(join(folder, 'absent.gz'))).error).toMatchObject({ code: 'CAPTURE_UNREADABLE' });
  });

  it('reports progress in bytes of the file', async () => {
    const path = file('progress.gz', gzipSync(THREE));
    const seen: { bytesRead: number; bytesTotal: number }[] = [];
    await readAll(path, { progress: (progress) => seen.push(progress) });
    const size = readFileSync(path).length;
    expect(seen.at(-1)).toEqual({ bytesRead: size, bytesTotal: size });
  });
});

describe('the captures of a folder', () => {
  it('are found by name, or by their first stream, and everything else is left out', async () => {
    const dir = mkdtempSync(join(folder, 'captures-'));
    for (const name of [
      'ethusdt_20240719.gz',
      'btcusdt_20240720.gz',
      'btcusdt_20240719.gz',
      '币安人生usdt_20261001.gz',
    ]) {
      writeFileSync(join(dir, name), gzipSync(THREE));
    }
    writeFileSync(
      join(dir, 'a_gap.gz'),
      gzipSync('1 {"lastUpdateId":1}\n2 {"data":{},"stream":"btcusd_perp@trade"}\n'),
    );
    writeFileSync(join(dir, 'depth_2024-07-19.csv.gz'), gzipSync('local_time\n'));
    writeFileSync(join(dir, 'other.gz'), gzipSync('hello\n'));
    writeFileSync(join(dir, 'expected.json'), '{}');
    expect((await captureFiles(dir)).map(({ symbol, date }) => [symbol, date])).toEqual([
      ['BTCUSDT', '2024-07-19'],
      ['BTCUSDT', '2024-07-20'],
      ['BTCUSD_PERP', undefined],
      ['ETHUSDT', '2024-07-19'],
      ['币安人生USDT', '2026-10-01'],
    ]);
    await expect(captureSymbol(join(dir, 'a_gap.gz'))).resolves.toBe('BTCUSD_PERP');
    await expect(captureSymbol(join(dir, 'other.gz'))).rejects.toMatchObject({ code: 'CAPTURE_LINE_BROKEN' });
    const nameless = file('nameless.gz', gzipSync('1 {"lastUpdateId":1}\n'));
    await expect(captureSymbol(nameless)).rejects.toMatchObject({ code: 'CAPTURE_SYMBOL_UNKNOWN' });
  });

  withRecordings('are the real recordings with their symbols', async () => {
    expect((await captureFiles(join(recordings, 'gaps'))).map(({ symbol }) => symbol)).toEqual(['ETHUSDT']);
    expect((await captureFiles(join(recordings, 'coinm-2021-07-22'))).map(({ symbol }) => symbol)).toContain(
      'BTCUSD_211231',
    );
  });
});

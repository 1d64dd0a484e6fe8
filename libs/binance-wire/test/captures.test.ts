import { FrameFields, scanDepthSnapshot, scanFrame, scanFrameSlowly } from '@org/binance-wire';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { differenceFromParsed, encode, outcomeOf, readingOf, snapshotDifference } from './reading.ts';

const data = resolve('../shared/data');
const hasData = existsSync(data);
const captures = hasData
  ? readdirSync(data, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.gz'))
      .toSorted()
  : [];
const maybe = hasData ? it : it.skip;

const fields = new FrameFields();
const slowFields = new FrameFields();
/** The slow path costs ten times the plain one: it reads the first frames of a capture and then one of so many. */
const SLOW_FIRST = 200;
const SLOW_EVERY = 40;

const readingText = (read: FrameFields) => JSON.stringify(readingOf(read));
const bodyOf = (line: string) => line.slice(line.indexOf(' ') + 1);

function check(text: string, index: number): string | undefined {
  const bytes = Buffer.from(text);
  const parsed = JSON.parse(text) as Record<string, unknown>;
  if (text.startsWith('{"lastUpdateId"')) {
    scanDepthSnapshot(bytes, fields);
    return fields.bytes === bytes ? snapshotDifference(fields, parsed) : 'left the plain path';
  }
  scanFrame(bytes, fields);
  if (fields.bytes !== bytes) return 'left the plain path';
  if (index < SLOW_FIRST || index % SLOW_EVERY === 0) {
    scanFrameSlowly(bytes, slowFields);
    if (readingText(slowFields) !== readingText(fields)) return 'the slow path differs';
  }
  return fields.kind === 'other' ? 'an unknown kind' : differenceFromParsed(fields, parsed);
}

maybe(
  `reads every message of ${captures.length} recordings as JSON.parse does (needs ../shared/data)`,
  () => {
    expect(captures.length).toBeGreaterThan(0);
    let messages = 0;
    for (const capture of captures) {
      const lines = gunzipSync(readFileSync(join(data, capture)))
        .toString()
        .split('\n')
        .filter(Boolean);
      for (const [index, line] of lines.entries()) {
        const difference = check(bodyOf(line), index);
        if (difference !== undefined) throw new Error(`${capture} line ${index + 1}: ${difference}`);
        messages++;
      }
    }
    expect(messages).toBeGreaterThan(150_000);
  },
);

maybe('reads the frames of 2026-10-08 with sorted keys and new fields (needs ../shared/data)', () => {
  const rows = readFileSync(join(data, 'frames_2026-10-08.csv'), 'utf8')
    .split('\n')
    .filter((row) => row.endsWith('"'));
  expect(rows.length).toBe(6);
  for (const row of rows) {
    const text = row.slice(row.indexOf('"') + 1, -1).replaceAll('""', '"');
    expect(check(text, 0)).toBeUndefined();
    expect(fields.kind).toBe(row.includes('depth') ? 'depthUpdate' : 'trade');
  }
});

interface RestExchange {
  readonly body: unknown;
}

maybe('tells depth snapshots from all other REST answers (needs ../shared/data)', () => {
  const byPath = JSON.parse(readFileSync(join(data, 'rest/responses.json'), 'utf8')) as Record<
    string,
    RestExchange[]
  >;
  const errors = JSON.parse(readFileSync(join(data, 'rest/errors.json'), 'utf8')) as RestExchange[];
  let snapshots = 0;
  for (const [path, exchanges] of [...Object.entries(byPath), ['', errors] as const]) {
    for (const { body } of exchanges) {
      const bytes = encode(typeof body === 'string' ? body : JSON.stringify(body));
      if (path.endsWith('/depth') && typeof body === 'object' && body !== null && 'bids' in body) {
        scanDepthSnapshot(bytes, fields);
        expect(snapshotDifference(fields, body as Record<string, unknown>)).toBeUndefined();
        snapshots++;
      } else expect(outcomeOf(scanDepthSnapshot, bytes, fields)).toBe('refused');
    }
  }
  expect(snapshots).toBeGreaterThanOrEqual(2);
});

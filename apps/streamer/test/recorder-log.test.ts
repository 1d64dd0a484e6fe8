import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openRecorderLog, parseChildLine } from '../src/logging/recorder-log.ts';

const config = (dir: string) => ({ level: 'debug' as const, dir, maxSizeBytes: 1_000_000, maxFiles: 2 });

describe('a line that a child wrote', () => {
  it('is an event with its fields', () => {
    expect(parseChildLine('{"level":"warn","event":"GapDetected","lastId":7}')).toEqual({
      level: 'warn', event: 'GapDetected', fields: { lastId: 7 },
    }); // prettier-ignore
  });

  it.each(['    at crash (file.js:1:2)', '{"level":"loud","event":"x"}', '[1]', 'null', ''])(
    'is an error as it stands when it is %j',
    (line) => {
      expect(parseChildLine(line)).toEqual({ level: 'error', event: line, fields: {} });
    },
  );
});

describe('the log of the recorder', () => {
  let folder = '';
  let terminal = new PassThrough();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recorder-log-'));
    terminal = new PassThrough();
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps a file of JSON lines for each source', async () => {
    const logs = openRecorderLog(config(join(folder, 'logs')), terminal);
    logs.of('primary').info('Recording', { symbols: 2 });
    logs.childLine('worker-1', '{"level":"error","event":"StreamSilent","stream":"A@trade"}');
    await logs.close();
    const line = (source: string) =>
      JSON.parse(readFileSync(join(folder, 'logs', `${source}.log`), 'utf8')) as object;
    expect(line('primary')).toMatchObject({ level: 'info', message: 'Recording', symbols: 2 });
    expect(String(terminal.read())).toMatch(
      /info {2}primary +Recording symbols=2\n.*error worker-1 +StreamSilent/,
    );
    expect(line('worker-1')).toMatchObject({ level: 'error', message: 'StreamSilent', stream: 'A@trade' });
  });

  it('goes on without files where the folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const logs = openRecorderLog(config(join(folder, 'file', 'logs')), terminal);
    logs.of('primary').info('Recording');
    await logs.close();
    expect(existsSync(join(folder, 'file', 'logs'))).toBe(false);
  });
});

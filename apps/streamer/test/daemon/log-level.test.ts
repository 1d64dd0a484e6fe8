import { join } from 'node:path';
import { Writable } from 'node:stream';
import { childLog, setChildLogLevel } from '../../src/logging/child-log.ts';
import { RecorderLog } from '../../src/logging/recorder-log.ts';
import { temporaryFolder } from '../process/recorder.ts';

describe('the level of the logs', () => {
  it('changes while they are written, in the primary', async () => {
    const folder = temporaryFolder();
    let text = '';
    const terminal = new Writable({ write: (chunk, _encoding, done) => ((text += String(chunk)), done()) });
    const dir = join(folder.path, 'logs');
    const logs = new RecorderLog({ level: 'info', dir, maxSizeBytes: 1e6, maxFiles: 2 }, terminal);
    try {
      logs.of('primary').debug('Before');
      logs.setLevel('debug');
      logs.of('primary').debug('During');
      logs.of('writer').debug('DuringElsewhere');
      logs.setLevel('warn');
      logs.of('primary').info('After');
      logs.of('primary').warn('Always');
    } finally {
      await logs.close();
      folder.remove();
    }
    expect(text.match(/\b(Before|During|DuringElsewhere|After|Always)\b/g)).toEqual([
      'During',
      'DuringElsewhere',
      'Always',
    ]);
  });

  it('changes while they are written, in a child', () => {
    let text = '';
    const output = { writableLength: 0, write: (line: string) => (text += line), on: () => undefined };
    const log = childLog('info', output);
    log.debug('Before');
    setChildLogLevel('debug');
    log.debug('During');
    setChildLogLevel('error');
    log.warn('After');
    expect(text).toContain('"During"');
    expect(text.trimEnd().split('\n')).toHaveLength(1);
  });
});

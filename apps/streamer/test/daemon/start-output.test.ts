import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { boundedOutput, openStartOutput, unfailing } from '../../src/daemon/start-output.ts';
import { temporaryFolder } from '../process/recorder.ts';

let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => folder.remove());

describe('the output of a start', () => {
  it('is one file a start, which becomes that of the recorder when it has succeeded', () => {
    const logs = join(folder.path, 'new', 'logs');
    const [first, second] = [openStartOutput(logs, 1), openStartOutput(logs, 2)];
    writeSync(first.descriptor, 'first');
    writeSync(second.descriptor, 'second');
    expect([first.text(), second.text()]).toEqual(['first', 'second']);
    expect(first.keep()).toBe(join(logs, 'start.log'));
    second.discard();
    expect(readdirSync(logs)).toEqual(['start.log']);
    expect(readFileSync(join(logs, 'start.log'), 'utf8')).toBe('first');
  });

  it('is among the temporary files where there can be no logs', () => {
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    const output = openStartOutput(join(file, 'logs'), process.pid);
    writeSync(output.descriptor, 'text');
    expect(output.text()).toBe('text');
    output.discard();
    expect(existsSync(join(tmpdir(), `start-${process.pid}.log`))).toBe(false);
  });

  it('is not written through a link that waits there', () => {
    const [logs, target] = [join(folder.path, 'logs'), join(folder.path, 'target')];
    mkdirSync(logs);
    writeFileSync(target, 'precious');
    symlinkSync(target, join(logs, 'start-5.log'));
    const output = openStartOutput(logs, 5);
    writeSync(output.descriptor, 'text');
    output.discard();
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });
});

describe('the output of a recorder in the background', () => {
  it('ends at its limit', () => {
    const taken: string[] = [];
    const sink = new Writable({ write: (chunk, _encoding, done) => (taken.push(String(chunk)), done()) });
    const output = boundedOutput(sink, 10);
    for (const text of ['12345', '67890', '!', 'more']) output.write(text);
    expect(taken.join('')).toBe('1234567890');
  });

  it('goes on when the disk is full', async () => {
    const full = new Error('ENOSPC: no space left on device, write');
    const file = new Writable({ write: (_chunk, _encoding, done) => done(full) });
    const output = boundedOutput(unfailing(file));
    const failed = once(file, 'error');
    output.write('text');
    expect(await failed).toEqual([full]);
    output.write('more');
    expect(output.destroyed).toBe(false);
  });
});

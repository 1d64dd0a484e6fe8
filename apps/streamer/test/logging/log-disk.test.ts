import { Buffer } from 'node:buffer';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeLogDisk } from '../../src/logging/log-disk.ts';

describe('a log file on a real disk', () => {
  let folder = '';
  let path = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'log-disk-'));
    path = join(folder, 'deep', 'a.log');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has what was on its way when the process ended once, before what came after', async () => {
    for (let round = 0; round < 20; round++) {
      const file = await nodeLogDisk.open(path);
      const writing = Buffer.from(`${'x'.repeat(50_000)}${round}\n`);
      const written = file.write(writing);
      file.writeLast(writing, Buffer.from('last\n'));
      await written;
      await file.close();
    }
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    expect(lines.map((line) => line.replaceAll('x', ''))).toEqual(
      Array.from({ length: 20 }, (_, round) => [String(round), 'last']).flat(),
    );
  });

  it('goes on at the end of what is there', async () => {
    nodeLogDisk.appendLast(path, Buffer.from('before\n'));
    const file = await nodeLogDisk.open(path);
    expect(file.bytes).toBe(7);
    await file.write(Buffer.from('after\n'));
    expect(file.bytes).toBe(13);
    await file.close();
    appendFileSync(path, '');
    expect(readFileSync(path, 'utf8')).toBe('before\nafter\n');
  });

  it('is renamed and removed, also when it is not there', async () => {
    await nodeLogDisk.rename(join(folder, 'x'), join(folder, 'y'));
    await nodeLogDisk.remove(join(folder, 'x'));
    nodeLogDisk.appendLast(path, Buffer.from('1'));
    await nodeLogDisk.rename(path, join(folder, 'b.log'));
    expect(await nodeLogDisk.list(folder)).toMatchObject([{ name: 'b.log', bytes: 1 }, { name: 'deep' }]);
  });
});

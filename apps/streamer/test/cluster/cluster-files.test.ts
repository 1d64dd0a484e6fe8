import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@org/config';
import { ForwardedFile, journalIdentity } from '../../src/cluster/journal-identity.ts';
import { nodeOf } from '../../src/cluster/open-bus.ts';
import { PositionSink } from '../../src/cluster/position-sink.ts';
import { EXIT } from '../../src/control/exit-codes.ts';
import { withLibraries } from '../../src/sinks/sink-library.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cluster-files-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NO_ROWS = Buffer.alloc(0);

describe('PositionSink', () => {
  it('knows its last commit again, and nothing that came after it', async () => {
    const sink = new PositionSink(folder);
    expect(await sink.open()).toEqual({ position: 0, state: undefined, isPositionLost: false, repairs: [] });
    await sink.append(NO_ROWS, 7);
    expect(await sink.commit('state')).toBe(7);
    await sink.append(NO_ROWS, 9);
    expect(await new PositionSink(folder).open()).toMatchObject({ position: 7, state: 'state' });
  });

  it('keeps the state of the commit before when it is given none', async () => {
    const sink = new PositionSink(folder);
    await sink.open();
    await sink.commit('state');
    await sink.append(NO_ROWS, 3);
    await sink.commit();
    expect(await new PositionSink(folder).open()).toMatchObject({ position: 3, state: 'state' });
  });

  it.each(['', '{', '{"position":-1}', '{"position":"7"}', 'null'])(
    'begins anew behind a file with %j',
    async (text) => {
      writeFileSync(join(folder, '.collector.json'), text);
      expect(await new PositionSink(folder).open()).toMatchObject({ position: 0, state: undefined });
    },
  );
});

describe('the identity of a journal', () => {
  it('stays over restarts, and goes with the journal', async () => {
    mkdirSync(join(folder, '.journal'));
    const identity = await journalIdentity(folder);
    expect(await journalIdentity(folder)).toBe(identity);
    rmSync(join(folder, '.journal'), { recursive: true });
    mkdirSync(join(folder, '.journal'));
    expect(await journalIdentity(folder)).not.toBe(identity);
  });

  it('is drawn anew where the file holds something else', async () => {
    mkdirSync(join(folder, '.journal'));
    writeFileSync(join(folder, '.journal', 'identity'), 'a b\n');
    expect(await journalIdentity(folder)).toMatch(/^[\w-]{36}$/);
  });
});

describe('ForwardedFile', () => {
  it('tells the position of its own journal, and 0 for another one', async () => {
    await new ForwardedFile(folder, 'one').write(42);
    expect(await new ForwardedFile(folder, 'one').read()).toBe(42);
    expect(await new ForwardedFile(folder, 'two').read()).toBe(0);
  });

  it.each(['', '{"identity":"one"}', '{"identity":"one","position":1.5}'])(
    'tells 0 where the file holds %j',
    async (text) => {
      writeFileSync(join(folder, '.forwarded.json'), text);
      expect(await new ForwardedFile(folder, 'one').read()).toBe(0);
    },
  );

  it('leaves no temporary file behind', async () => {
    await new ForwardedFile(folder, 'one').write(1);
    expect(() => readFileSync(join(folder, '.forwarded.json.tmp'))).toThrow();
  });
});

describe('the name of a node', () => {
  it('is the configured one, or the name of the host without dots', () => {
    expect(nodeOf({ node: 'tokyo-1' }, 'host')).toBe('tokyo-1');
    expect(nodeOf({ node: '' }, 'host-1.example.com')).toBe('host-1-example-com');
    expect(nodeOf({ node: '' }, 'h'.repeat(80))).toHaveLength(64);
  });
});

describe('a configuration with another role than all', () => {
  const config = (role: string, formats = '[csv]') =>
    loadConfig({
      text: `{symbols: {pairs: [BTCUSDT]}, storage: {formats: ${formats}}, cluster: {role: ${role}}}`,
    });

  it('needs the package of the servers', () => {
    expect(() => withLibraries(config('writer'), () => false)).toThrow(
      expect.objectContaining({
        exitCode: EXIT.config,
        message: expect.stringContaining('npm install @org/transport-nats') as string,
      }) as Error,
    );
    expect(() => withLibraries(config('all'), () => false)).not.toThrow();
    expect(() => withLibraries(config('collector'), () => true)).not.toThrow();
  });

  it('stores CSV alone', () => {
    expect(() => withLibraries(config('collector', '[csv, postgres]'), () => true)).toThrow(/csv alone/);
  });
});

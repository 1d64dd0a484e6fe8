import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configKeys, environmentName } from '@org/config';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { EXIT } from '../../src/control/exit-codes.ts';
import { temporaryFolder } from '../process/recorder.ts';

const UNIT = readFileSync('deploy/systemd/binance-recorder.service', 'utf8');
const CONTAINERFILE = readFileSync('deploy/container/Containerfile', 'utf8');
const COMPOSE = readFileSync('deploy/container/compose.yaml', 'utf8');

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
const withSystemd = hasSystemd ? it : it.skip;

const valuesOf = (key: string): string[] =>
  [...UNIT.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!);

describe('the unit for systemd', () => {
  withSystemd(
    `is one without faults${hasSystemd ? '' : ' (skipped: there is no systemd-analyze here)'}`,
    () => {
      const folder = temporaryFolder();
      try {
        // Of the programs that it names none is here.
        const file = join(folder.path, 'binance-recorder.service');
        writeFileSync(file, UNIT.replaceAll(/^(Exec\w+)=\/usr\/bin\/node/gm, `$1=${process.execPath}`));
        const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
          encoding: 'utf8',
        });
        expect({ status, stderr: stderr.trim() }).toEqual({ status: 0, stderr: '' });
      } finally {
        folder.remove();
      }
    },
  );

  it('restarts after every end that a repetition may mend, and after no other', () => {
    const { usage, outputNotWritable, diskFull, alreadyRunning, config } = EXIT;
    expect(valuesOf('Restart')).toEqual(['on-failure']);
    expect(valuesOf('RestartPreventExitStatus')).toEqual([
      [usage, outputNotWritable, diskFull, alreadyRunning, config].join(' '),
    ]);
  });

  it('waits for a stop longer than the recorder itself does', () => {
    expect(valuesOf('KillMode')).toEqual(['mixed']);
    expect(parseInt(valuesOf('TimeoutStopSec')[0]!)).toBeGreaterThan(3 * 15);
    expect(COMPOSE).toMatch(/stop_grace_period: 90s/);
  });

  it('runs commands and flags that there are', async () => {
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    for (const line of [...valuesOf('ExecStart'), ...valuesOf('ExecReload')]) {
      const [node, program, ...args] = line.split(' ');
      expect([node, program]).toEqual(['/usr/bin/node', '/opt/binance-recorder/apps/streamer/dist/main.js']);
      // The file is not there, and that is all that is wrong.
      const flags = args.map((arg) => (arg.startsWith('/etc/') ? '/absent/config.yaml' : arg));
      expect({ line, code: await runCommandLine(flags, program!) }).toEqual({ line, code: EXIT.config });
    }
    write.mockRestore();
  });

  it('gives a reason for every line that is not the name of something', () => {
    const sections = UNIT.split('\n\n').filter((block) => /^\w+=/m.test(block));
    for (const block of sections) expect(block).toMatch(/^(#|\[(Unit|Install)\])/m);
  });
});

describe('the container', () => {
  it('copies what is there, and runs as nobody special with a check and a first process', () => {
    const copied = [...CONTAINERFILE.matchAll(/--from=build \/build\/(\S+)/g)].map(([, path]) => path!);
    expect(copied).toEqual(['node_modules', 'libs', 'apps']);
    for (const path of copied) expect({ path, exists: existsSync(path) }).toEqual({ path, exists: true });
    for (const line of ['USER node', 'STOPSIGNAL SIGTERM', 'VOLUME /var/lib/binance-recorder'])
      expect(CONTAINERFILE.split('\n')).toContain(line);
    expect(CONTAINERFILE).toMatch(
      /^ENTRYPOINT \["tini", "--", "node", ".*\/apps\/streamer\/dist\/main\.js"\]$/m,
    );
    expect(existsSync('apps/streamer/dist/main.js')).toBe(true);
  });

  it('checks its health in a way that succeeds on an answer and fails on none', () => {
    const [, script] = /"node", "-e", "(.*)"\]/.exec(CONTAINERFILE)!;
    const env = { ...process.env, STREAMER__MONITORING__PORT: '1' };
    expect(spawnSync(process.execPath, ['-e', script!], { env }).status).toBe(1);
  });

  it('sets variables that the configuration knows', () => {
    const known = new Set(configKeys().map(({ path }) => environmentName(path)));
    const used = [CONTAINERFILE, COMPOSE].join('\n').match(/STREAMER__\w+/g)!;
    expect(used.length).toBeGreaterThan(1);
    for (const name of used) expect({ name, isKnown: known.has(name) }).toEqual({ name, isKnown: true });
  });
});

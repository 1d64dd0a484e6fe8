import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { pidFilePath, writePidFile } from '../../src/daemon/pid-file.ts';
import { systemProcesses } from '../../src/daemon/process-table.ts';
import { temporaryFolder } from '../process/recorder.ts';
import { type AnsweringRecorder, answering } from './answering-recorder.ts';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('the commands of a recorder in the background', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let config: string;
  let server: AnsweringRecorder | undefined;
  let [stdout, stderr] = ['', ''];

  beforeEach(() => {
    folder = temporaryFolder();
    config = join(folder.path, 'config.yaml');
    configure({ symbols: { pairs: ['BTCUSDT'] } });
    [stdout, stderr] = ['', ''];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  });

  afterEach(() => {
    jest.restoreAllMocks();
    server?.close();
    server = undefined;
    folder.remove();
  });

  const configure = (sections: object): void =>
    writeFileSync(
      config,
      JSON.stringify({
        storage: { output_dir: join(folder.path, 'data') },
        logging: { dir: join(folder.path, 'logs') },
        ...sections,
      }),
    );
  const run = (...args: readonly string[]) => runCommandLine(args, join(folder.path, 'absent.js'));

  /** This very process as the recorder of the folder. */
  async function recording(answer?: (path: string) => unknown): Promise<void> {
    server = answer === undefined ? undefined : await answering(answer);
    const data = join(folder.path, 'data');
    mkdirSync(data, { recursive: true });
    const rest = { version: '1.0.0', isDetached: false, canReload: false, cwd: folder.path, flags: {} };
    const url = server === undefined ? {} : { url: server.url };
    writePidFile(data, { ...systemProcesses.identityOf(process.pid)!, ...rest, ...url });
  }

  it.each(['stop', 'status', 'reload'])(
    '%s ends with 3 when nobody records into the folder',
    async (command) => {
      expect(await run(command, '--config', config)).toBe(3);
      expect(stderr).toBe(`no recorder runs in ${join(folder.path, 'data')}\n`);
    },
  );

  it.each(['start', 'stop', 'restart', 'reload', 'status'])(
    '%s ends with 78 when the configuration has faults, and with 2 when a flag does not exist',
    async (command) => {
      configure({ symbols: { pears: ['BTCUSDT'] } });
      expect(await run(command, '--config', config)).toBe(78);
      expect(stderr).toMatch(/config\.yaml:1: symbols\.pears: /);
      expect(await run(command, '--confgi', config)).toBe(2);
    },
  );

  it('stop and status need no configuration when the folder is named', async () => {
    configure({ symbols: { pears: ['BTCUSDT'] } });
    expect(await run('status', '--output-dir', folder.path)).toBe(3);
    expect(await run('stop', '--output-dir', folder.path, '--timeout', '5')).toBe(2);
  });

  it('start ends with 75 and restart leaves alone when a recorder that serve started is there', async () => {
    await recording();
    expect(await run('start', '--config', config)).toBe(75);
    expect(stderr).toMatch(new RegExp(`process ${process.pid}\n$`));
    expect(await run('restart', '--config', config)).toBe(1);
    expect(stderr).toMatch(/was started by serve/);
    expect(await run('reload', '--config', config)).toBe(1);
    expect(stderr).toMatch(/terminal/);
  });

  it('start tells what a program said that ended at once, and with which code', async () => {
    expect(await run('start', '--config', config)).toBe(1);
    expect(stderr).toMatch(/Cannot find module .*absent\.js/);
  });

  it.each([
    ['healthy', 0],
    ['degraded', 1],
    ['starting', 1],
    ['stopping', 1],
  ])('status of a recorder that is %s ends with %d', async (state, code) => {
    await recording(() => ({ state, streams: [], books: [] }));
    expect(await run('status', '--config', config, '--json')).toBe(code);
    expect(JSON.parse(stdout)).toEqual({ state, streams: [], books: [] });
  });

  it.each([
    ['no status at all', () => ['nonsense'], 'unresponsive'],
    ['nothing', undefined, 'starting'],
  ])('status of a recorder that answers %s ends with 1 and says so', async (_what, answer, state) => {
    await recording(answer);
    expect(await run('status', '--config', config, '--json')).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ state, pid: process.pid, problem: expect.any(String) });
    expect(await run('status', '--config', config)).toBe(1);
    expect(stderr).toMatch(new RegExp(`^${state}: process ${process.pid}`));
  });

  it('status counts events for a second and shows them', async () => {
    let events = 0;
    const stream = () => ({
      stream: 'BTCUSDT@aggTrade',
      lastEventAgeMs: 1,
      events: (events += 500),
      gaps: 0,
    });
    await recording(() => ({ state: 'healthy', streams: [stream()], books: [] }));
    expect(await run('status', '--config', config)).toBe(0);
    const rate = Number(/, (\d+) events\/s/.exec(stdout)?.[1]);
    expect(rate).toBeGreaterThan(50);
    expect(rate).toBeLessThanOrEqual(501);
    expect(stdout).toMatch(/disk {5}\d+(\.\d)? .iB free/);
  });

  it('a PID file that is damaged is named as the reason', async () => {
    mkdirSync(join(folder.path, 'data'));
    writeFileSync(pidFilePath(join(folder.path, 'data')), `${process.pid}\n`);
    expect(await run('stop', '--config', config)).toBe(3);
    expect(stderr).toMatch(/the PID file is not one that a recorder writes/);
  });
});

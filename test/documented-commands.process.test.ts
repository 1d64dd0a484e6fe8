import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startExchange } from '@org/exchange-simulator';

/*
 * Every command that the documents show is run. Commands of the apps run as documented, in an empty folder, on the
 * built-in exchange instead of the real one; commands that install, test or check the repository are what CI consists of,
 * and are checked to exist.
 */
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', ...readmes('libs'), ...readmes('apps')];
const PROGRAMS: Readonly<Record<string, string>> = {
  streamer: resolve('apps/streamer/dist/main.js'),
  'book-inspector': resolve('apps/book-inspector/dist/main.js'),
  'exchange-simulator': resolve('libs/exchange-simulator/dist/main.js'),
};

function readmes(group: string): string[] {
  return readdirSync(group)
    .map((name) => `${group}/${name}/README.md`)
    .filter((path) => existsSync(path));
}

function commandsOf(document: string): string[] {
  const blocks = [...readFileSync(document, 'utf8').matchAll(/```(?:sh|bash|shell|console)\n([\s\S]*?)```/g)];
  return blocks
    .flatMap(([, block]) => block!.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

interface AppCommand {
  readonly project: string;
  readonly args: string[];
}

/** `npx nx run project:target …`, `npm ci && …` before it left to CI; undefined for anything else. */
function appCommand(line: string): AppCommand | undefined {
  const match = /npx nx run ([\w-]+):([\w-]+)(.*)$/.exec(line.replace(/\s[|>&].*$/, ''));
  if (match === null || PROGRAMS[match[1]!] === undefined) return undefined;
  const words = match[3]!
    .trim()
    .split(/\s+/)
    .map(unquoted)
    .filter((word) => word !== '');
  return { project: match[1]!, args: [match[2]!, ...words] };
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** What a program says when it is at work and would be for as long as nobody stops it. */
const AT_WORK = / Recording symbols=|^exchange listening on /m;
const PATIENCE_MS = 60_000;

/** Longer than a test waits; a recording of a few seconds ends by itself. */
const isEndless = ({ args }: AppCommand): boolean => !args.includes('3s');

/** Runs a program until it ends, or until it says that it is at work and is then asked to stop. */
function runInFolder(command: AppCommand, cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = spawn(process.execPath, [PROGRAMS[command.project]!, ...command.args], {
    cwd,
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      // A second signal would end it at once, whatever it holds.
      if (isEndless(command) && !child.killed && AT_WORK.test(output)) child.kill('SIGTERM');
    });
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  return new Promise((done) =>
    child.once('close', (code) => {
      clearTimeout(timer);
      done({ code, output });
    }),
  );
}

const documented = DOCUMENTS.flatMap((document) => commandsOf(document).map((line) => ({ document, line })));
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> })
  .scripts;

describe('the commands in the documents', () => {
  let folder = '';
  let env: NodeJS.ProcessEnv = {};
  let exchange: Awaited<ReturnType<typeof startExchange>>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'documented-'));
    copyFileSync('config.yaml', join(folder, 'config.yaml'));
    exchange = await startExchange({ symbols: ['BTCUSDT', 'ETHUSDT'] });
    env = {
      STREAMER__NETWORK__REST_URL: exchange.restUrl,
      STREAMER__NETWORK__WS_URL: exchange.wsUrl,
      STREAMER__MONITORING__PORT: '0',
    };
    // What the inspector's examples look at: a recording in ./data.
    const record = { project: 'streamer', args: ['serve', '--duration', '3s'] };
    expect(await runInFolder(record, folder, env)).toMatchObject({ code: 0 });
  }, 60_000);

  afterAll(async () => {
    await exchange.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('run the apps with flags that exist and leave with exit code 0', async () => {
    const commands = new Map(
      documented.flatMap(({ line }) => {
        const command = appCommand(line);
        return command === undefined ? [] : [[JSON.stringify(command), command] as const];
      }),
    );
    expect(commands.size).toBeGreaterThan(5);
    for (const command of commands.values()) {
      // A date or time of the document is not one of this recording.
      const args = command.args.map((arg) => (/^\d{4}-\d\d-\d\d/.test(arg) ? momentLike(arg) : arg));
      const { code, output } = await runInFolder({ ...command, args }, folder, env);
      expect({ command: args.join(' '), code, output: code === 0 ? '' : output }).toEqual({
        command: args.join(' '),
        code: 0,
        output: '',
      });
    }
  }, 180_000);

  it('that work on the repository name scripts, tools and targets that exist', () => {
    for (const { document, line } of documented) {
      if (appCommand(line) !== undefined) continue;
      for (const part of line.split('&&').map((text) => text.trim())) {
        expect({ document, part, exists: exists(part) }).toEqual({ document, part, exists: true });
      }
    }
  });

  it('starts the demo through Nx and leaves no process', () => {
    const out = join(folder, 'nx-demo');
    const { status, stdout, stderr } = spawnSync(
      'npx',
      ['nx', 'run', 'streamer:demo', '--duration', '3s', '--output-dir', out],
      { encoding: 'utf8', timeout: 90_000 },
    );
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/recorded 3 symbols/);
    const symbols = readdirSync(out).filter((name) => !name.startsWith('.'));
    expect(symbols).toEqual(['BTCUSDT', 'ETHUSDT', 'SOLUSDT']);
    for (const symbol of symbols) {
      const kinds = readdirSync(join(out, symbol))
        .map((name) => name.slice(0, name.indexOf('_')))
        .sort();
      expect({ symbol, kinds }).toEqual({ symbol, kinds: ['aggtrade', 'depth', 'kline', 'orderbook'] });
    }
  }, 100_000);
});

function exists(command: string): boolean {
  const words = command.split(/\s+/);
  const [program, first, second] = words;
  if (program === 'npm')
    return (
      first === 'ci' ||
      first === 'test' ||
      first === 'i' ||
      first === 'install' ||
      scripts[second ?? ''] !== undefined
    );
  if (program === 'node') return existsSync(first!);
  if (program === 'npx') return existsSync(`node_modules/.bin/${first}`);
  if (program === 'book-inspector' || program === 'binance-streamer' || program === 'exchange-simulator')
    return true;
  return existsSync(program!);
}

/** Now, as a date or a time as the example has it. */
function momentLike(example: string): string {
  const now = new Date().toISOString();
  return example.length === 10 ? now.slice(0, 10) : `${now.slice(0, 19)}Z`;
}

/** What a shell makes of a word in quotes. */
function unquoted(word: string): string {
  return word.replace(/^'(.*)'$/, '$1');
}

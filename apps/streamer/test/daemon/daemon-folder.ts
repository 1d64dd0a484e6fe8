import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Exchange, startExchange } from '@org/exchange-simulator';
import { parsePidEntry, type PidEntry } from '../../src/daemon/pid-file.ts';
import { type Run, type Status, temporaryFolder } from '../process/recorder.ts';

const STREAMER = resolve('apps/streamer/dist/main.js');

/** A folder with a configuration on a generated market, where the commands of the daemon are run. */
export class DaemonFolder {
  readonly path: string;
  readonly data: string;
  readonly #remove: () => void;
  #config: Record<string, unknown>;

  private constructor(exchange: Exchange) {
    const folder = temporaryFolder();
    this.path = folder.path;
    this.data = join(folder.path, 'data');
    this.#remove = () => folder.remove();
    this.#config = {
      general: { orphan_timeout: '5s' },
      network: { rest_url: exchange.restUrl, ws_url: exchange.wsUrl },
      storage: { output_dir: './data' },
      monitoring: { port: 0 },
    };
  }

  /** Runs the test and leaves no process behind. */
  static async with(this: void, test: (folder: DaemonFolder) => Promise<void>): Promise<void> {
    const exchange = await startExchange({ symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'], port: 0, seed: 7 });
    const folder = new DaemonFolder(exchange);
    try {
      await test(folder);
    } finally {
      await folder.run('stop', '--output-dir', folder.data, '--timeout', '20s', '--force');
      await exchange.stop();
      folder.#remove();
    }
  }

  /** Changes sections of the configuration; `undefined` takes one away. */
  configure(sections: Record<string, unknown>): void {
    this.#config = { ...this.#config, ...sections };
    writeFileSync(join(this.path, 'config.yaml'), JSON.stringify(this.#config));
  }

  /** Runs a command of the recorder in the folder, to its end. */
  run(...args: readonly string[]): Promise<Run> {
    const child = spawn(process.execPath, [STREAMER, ...args], {
      cwd: this.path,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    // Until the pipes are closed, which a recorder that kept them would never do.
    return new Promise((done) => child.once('close', (code) => done({ code, stdout, stderr })));
  }

  /** As the PID file has it; undefined when there is none. */
  get recorder(): PidEntry | undefined {
    const file = join(this.data, '.streamer.pid');
    return existsSync(file) ? parsePidEntry(readFileSync(file, 'utf8')) : undefined;
  }

  async status(): Promise<Status & { readonly reloads: { readonly finished: number } }> {
    const response = await fetch(new URL('/status', this.recorder!.url));
    return (await response.json()) as Awaited<ReturnType<DaemonFolder['status']>>;
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const SIMULATOR = resolve('libs/exchange-simulator/dist/main.js');

/** The exchange in a process of its own, so that its load is not that of the test. */
export class ExchangeProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #url: string;
  readonly port: number;
  /** Resolves when a replay has sent everything, or when the exchange has ended. */
  readonly finished: Promise<void>;

  private constructor(child: ChildProcess, ended: Promise<void>, port: number, finished: Promise<void>) {
    this.#child = child;
    this.#ended = ended;
    this.port = port;
    this.finished = Promise.race([finished, ended]);
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** `flags` are those of `exchange-simulator serve`. */
  static async start(flags: readonly string[]): Promise<ExchangeProcess> {
    const child = spawn(process.execPath, [SIMULATOR, 'serve', '--port', '0', '--control', ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const lines = createInterface({ input: child.stdout });
    const finished = new Promise<void>((resolve) => {
      lines.on('line', (line) => line.startsWith('replay finished') && resolve());
    });
    const port = await new Promise<number>((found, failed) => {
      void ended.then(() => failed(new Error(`the exchange ended with code ${child.exitCode}`)));
      lines.on('line', (line) => {
        const match = /127\.0\.0\.1:(\d+)/.exec(line);
        if (match) found(Number(match[1]));
      });
    });
    return new ExchangeProcess(child, ended, port, finished);
  }

  /** What the configuration of a recorder says of it. */
  get network(): { rest_url: string; ws_url: string } {
    return { rest_url: this.#url, ws_url: this.#url.replace('http', 'ws') };
  }

  /** It sends and answers nothing until `thaw`; then it sends what was due meanwhile. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async inject(fault: Record<string, unknown>): Promise<void> {
    const answer = await fetch(`${this.#url}/simulator/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    if (answer.status !== 202) throw new Error(`the exchange refused the fault: ${await answer.text()}`);
  }

  async report<T>(): Promise<T> {
    return (await (await fetch(`${this.#url}/simulator/report`)).json()) as T;
  }

  async stop(): Promise<void> {
    this.thaw();
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

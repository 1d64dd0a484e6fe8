import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const PROCESS = new URL('candidate-process.mjs', import.meta.url);

/** A candidate that runs in a process of its own. */
export class CandidateChild {
  #child;
  #name;
  #waiting;

  /**
   * @param {string} name for errors
   * @param {{ module: string, data: string, messagesMax: number, conditions: object, scratch: string }} work
   * @returns {Promise<CandidateChild>} ready to be asked
   */
  static async start(name, { module, data, messagesMax, conditions, scratch }) {
    const child = new CandidateChild(name);
    mkdirSync(scratch);
    try {
      const limit = Number.isFinite(messagesMax) ? { messagesMax } : {};
      const { unitsPerPass } = await child.#ask({
        ask: 'create',
        module,
        data,
        conditions,
        scratch,
        ...limit,
      });
      child.unitsPerPass = unitsPerPass;
      child.scratch = scratch;
      return child;
    } catch (error) {
      child.stop();
      throw error;
    }
  }

  constructor(name) {
    this.#name = name;
    this.#child = fork(PROCESS, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message) => this.#settle(message));
    this.#child.on('exit', (code, signal) => this.#settle({ failure: `ended with ${signal ?? code}` }));
  }

  /** Makes a pass and shows what came out of it. */
  async evidence() {
    const folder = join(this.scratch, 'evidence');
    mkdirSync(folder);
    const { parts } = await this.#ask({ ask: 'evidence', folder });
    return { folder, parts };
  }

  /** CPU milliseconds of one of `passes` passes. */
  async cpuMsPerPass(passes) {
    return (await this.#ask({ ask: 'round', passes })).cpuMs;
  }

  stop() {
    if (this.#child.connected) this.#child.disconnect();
  }

  #ask(question) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.send(question, (error) => {
        if (error !== null) this.#settle({ failure: error.message });
      });
    });
  }

  #settle({ answer, failure }) {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (failure === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(`${this.#name}: ${failure}`));
  }
}

import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { BinanceClientError } from '../errors.ts';

/** Versions that are kept. A writer that was stopped for longer than this many changes notices it afterwards. */
const VERSIONS_KEPT = 16;
/** Each lost race is another process's success, so this many in a row do not happen; they would be a fault. */
const RACES_MAX = 1_000;

const VERSION = /^\d{1,15}$/;
const TEMPORARY = /^(\d{1,15})\..*\.tmp$/;

/** What a change makes of the stored text: the text to store, or undefined to leave it, and its answer. */
export interface Change<R> {
  readonly text: string | undefined;
  readonly result: R;
}

/**
 * A small text that several processes change, each change on top of the one before.
 *
 * There is no lock, so none can be left behind by a process that was killed or stopped while it held it. Every change is
 * a new file named by its version: it is written aside and then linked to its name, which only one process can do;
 * who comes second reads again and decides again. The text of a version is whole from the moment it has its name.
 *
 * A change is made at least once: a process that is held up for a moment between making and confirming its change may
 * make it twice.
 */
export class SharedFile {
  readonly folder: string;
  readonly #isDurable: boolean;
  /** Keeps the temporary files of all processes and threads apart. */
  readonly #writer = randomBytes(6).toString('hex');
  /** Races that this process lost. */
  races = 0;

  /** `isDurable`: on disk when `change` returns, also after a power cut; costs milliseconds. */
  constructor(folder: string, isDurable = false) {
    this.folder = folder;
    this.#isDurable = isDurable;
    this.#guarded(() => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  }

  /** The latest text; undefined where there is none yet. Throws `BUDGET_UNAVAILABLE`. */
  read(): string | undefined {
    return this.#guarded(() => this.#latest().text);
  }

  /**
   * Lets `decide` make the next text out of the latest. It may be called several times, so what it does counts only when
   * this returns. Throws `BUDGET_UNAVAILABLE` where the folder cannot be used.
   */
  change<R>(decide: (stored: string | undefined) => Change<R>): R {
    return this.#guarded(() => {
      for (let race = 0; race < RACES_MAX; race++) {
        const { version, text: stored } = this.#latest();
        const { text, result } = decide(stored);
        if (text === undefined || this.#publish(version + 1, text)) return result;
        this.races++;
      }
      throw new Error(`${RACES_MAX} lost races`);
    });
  }

  #latest(): { readonly version: number; readonly text: string | undefined } {
    for (let race = 0; race < RACES_MAX; race++) {
      const version = latestOf(this.#names());
      if (version === 0) return { version, text: undefined };
      try {
        return { version, text: readFileSync(this.#path(String(version)), 'utf8') };
      } catch (error) {
        if (!isCode(error, 'ENOENT')) throw error;
      }
    }
    throw new Error('no version stays long enough to be read');
  }

  /** Whether the text is now the latest, or was and others built on it. */
  #publish(version: number, text: string): boolean {
    const temporary = this.#path(`${version}.${this.#writer}.tmp`);
    this.#write(temporary, text);
    const isFirst = link(temporary, this.#path(String(version)));
    unlink(temporary);
    if (!isFirst) return false;
    const names = this.#names();
    // The version had been used and removed: this change was made on top of an old text and nobody sees it.
    if (latestOf(names) >= version + VERSIONS_KEPT) return false;
    if (this.#isDurable) this.#syncFolder();
    this.#tidy(names, version);
    return true;
  }

  #write(file: string, text: string): void {
    const descriptor = openSync(file, 'w', 0o600);
    try {
      writeFileSync(descriptor, text);
      if (this.#isDurable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  #syncFolder(): void {
    const descriptor = openSync(this.folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Removes old versions, and what a killed process left half done. */
  #tidy(names: readonly string[], version: number): void {
    for (const name of names) {
      const number = VERSION.test(name) ? name : TEMPORARY.exec(name)?.[1];
      if (number !== undefined && Number(number) <= version - VERSIONS_KEPT) unlink(this.#path(name));
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.folder);
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      return [];
    }
  }

  #path(name: string): string {
    return path.join(this.folder, name);
  }

  #guarded<R>(use: () => R): R {
    try {
      return use();
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const text = `host budget in ${this.folder}: ${code ?? message}`;
      throw new BinanceClientError('BUDGET_UNAVAILABLE', text, { cause });
    }
  }
}

function latestOf(names: readonly string[]): number {
  let latest = 0;
  for (const name of names) if (VERSION.test(name)) latest = Math.max(latest, Number(name));
  return latest;
}

/** Whether the name was free, and the file still there: others remove what looks left behind for many changes. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST') || isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function unlink(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}

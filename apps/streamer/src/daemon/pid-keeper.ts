import { existsSync } from 'node:fs';
import type { Clock, ClockTimer } from '@org/binance-client';
import { errorFields, type Log } from '../logging/child-log.ts';
import { EXIT, FatalError } from '../control/exit-codes.ts';
import { hasTerminal } from '../control/primary-signals.ts';
import { findRecorder } from './find-recorder.ts';
import { type PidEntry, pidFilePath, removePidFile, type ServeFlags, writePidFile } from './pid-file.ts';
import { type ProcessTable, systemProcesses } from './process-table.ts';
import { recorderVersion } from './recorder-version.ts';

/** How a recorder was started. */
export interface Invocation {
  readonly isDetached: boolean;
  readonly flags: ServeFlags;
}

export interface PidKeeperOptions {
  readonly outputPath: string;
  readonly invocation: Invocation;
  /** The program's main file. */
  readonly entry: string;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  readonly log: Log;
  /** Those of this machine by default. */
  readonly processes?: ProcessTable;
}

/** A file that somebody removed, or that did not fit on a full disk, is there again after so long. */
const LOOK_INTERVAL_MS = 5000;

/** The primary's PID file: there for as long as it records, so that people and commands find it. */
export class PidKeeper {
  readonly #options: PidKeeperOptions;
  #entry: PidEntry | undefined;
  #timer: ClockTimer | undefined;
  #isTold = false;

  /**
   * Throws {@link FatalError} when the file names a recorder that lives: one that does not see our sockets, as it has
   * another TMPDIR. Where the system tells nothing of processes (anything but Linux) no file is kept.
   */
  constructor(options: PidKeeperOptions) {
    this.#options = options;
    const { outputPath, invocation, entry, processes = systemProcesses } = options;
    const found = findRecorder(outputPath, processes);
    if (found.kind === 'running' && found.entry.pid !== process.pid)
      throw new FatalError(
        EXIT.alreadyRunning,
        `another recorder records into ${outputPath}: process ${found.entry.pid}`,
      );
    const identity = processes.identityOf(process.pid);
    if (identity === undefined) return;
    this.#entry = {
      ...identity,
      version: recorderVersion(entry),
      canReload: !hasTerminal(),
      cwd: process.cwd(),
      ...invocation,
    };
    this.#write();
    this.#look();
  }

  /** It answers HTTP there. */
  answersAt(url: string): void {
    if (this.#entry === undefined) return;
    this.#entry = { ...this.#entry, url };
    this.#write();
  }

  close(): void {
    this.#options.clock.clearTimeout(this.#timer);
    if (this.#entry !== undefined) removePidFile(this.#options.outputPath, this.#entry);
  }

  #look(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      if (!existsSync(pidFilePath(this.#options.outputPath))) this.#write();
      this.#look();
    }, LOOK_INTERVAL_MS);
  }

  #write(): void {
    try {
      writePidFile(this.#options.outputPath, this.#entry!);
      this.#isTold = false;
    } catch (error) {
      if (!this.#isTold) this.#options.log.warn('PidFileNotWritten', errorFields(error));
      this.#isTold = true;
    }
  }
}

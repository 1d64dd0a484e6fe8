/** Exit codes of the commands; where sysexits.h has a code for the case, it is that one. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** As the init scripts of LSB: the program is not running. */
  notRunning: 3,
  /** EX_UNAVAILABLE: the monitoring port is taken. */
  portTaken: 69,
  /** The store failed in a way that no repetition mends, such as a sync; the process starts anew and looks. */
  storeFailed: 70,
  /** EX_CANTCREAT: the output folder cannot be written. */
  outputNotWritable: 73,
  /** EX_IOERR: there was no room left on the disk, and there is none for whoever is started at once. */
  diskFull: 74,
  /** EX_TEMPFAIL: another recorder writes to the same folder. */
  alreadyRunning: 75,
  /** EX_CONFIG */
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end with a reason that a person reads, instead of a stack trace. */
export class FatalError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FatalError';
    this.exitCode = exitCode;
  }
}

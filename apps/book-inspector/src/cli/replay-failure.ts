/** The command could not do what it was asked for; the message says why. The process ends with exit code 1. */
export class ReplayFailure extends Error {
  readonly code: 'NO_BOOK' | 'NO_RECORDING' | 'NO_ENGINE' | 'OUTPUT_FAILED' | 'SYMBOLS_FAILED';

  constructor(code: ReplayFailure['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ReplayFailure';
    this.code = code;
  }
}

/** What can go wrong before or while the exchange starts, or with what it is told later. Otherwise its failures are the ones it was asked for. */
export type SimulatorErrorCode =
  | 'OPTIONS_INVALID' // an option that contradicts another one, or a value out of its range
  | 'FAULTS_INVALID' // a fault script that is not one; `issues` names every place
  | 'FAULTS_UNREADABLE' // the file of the script cannot be read
  | 'SYMBOLS_INVALID' // a change of the listing that cannot be made; `issues` names every mistake
  | 'CAPTURE_EMPTY' // the folder holds no capture
  | 'LISTEN_FAILED'; // the port cannot be taken

export class SimulatorError extends Error {
  readonly code: SimulatorErrorCode;
  /** One line a fault, each with its place; empty where there is only the message. */
  readonly issues: readonly string[];

  constructor(
    code: SimulatorErrorCode,
    message: string,
    options: { issues?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SimulatorError';
    this.code = code;
    this.issues = options.issues ?? [];
  }
}

/** An option that cannot be, as an error. */
export function invalidOption(problem: string): SimulatorError {
  return new SimulatorError('OPTIONS_INVALID', problem);
}

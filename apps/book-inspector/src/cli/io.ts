import type { JobRunner } from '../replay-job.ts';
import type { VerifyRunner } from '../verify/verify-job.ts';

/** An output of the process. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string, done?: (error?: Error | null) => void): unknown;
}

/** What a command needs of the world. */
export interface CliIo {
  /** The result goes here, and nothing else. */
  readonly stdout: OutputStream;
  /** Everything else: progress, notes, errors. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds from any start that never go back. */
  nowMs(): number;
  /** A runner in a thread of its own; where there is none, everything is done in this thread. */
  readonly newRunner?: () => JobRunner;
  readonly newVerifyRunner?: () => VerifyRunner;
}

/** The command was used wrongly; the process ends with exit code 2. */
export const EXIT_USAGE = 2;
/** The command could not do what it was asked for. */
export const EXIT_FAILED = 1;
export const EXIT_OK = 0;

/**
 * Writes a text and waits until the stream has taken it. A reader that left early (`| head`) is no failure: it has
 * what it wanted.
 */
export function writeText(stream: OutputStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === undefined || error === null || (error as NodeJS.ErrnoException).code === 'EPIPE')
        resolve();
      else reject(error);
    });
  });
}

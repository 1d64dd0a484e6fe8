import { type Attempt, error, type Finding, ok, warn } from '../finding.ts';

/** Whether a recorder holds the output folder. */
export function checkFolderHeld(folder: string, attempt: Attempt<boolean>): Finding {
  if ('problem' in attempt)
    return error('recorder', `cannot tell whether a recorder holds ${folder}: ${attempt.problem}`, 'check TMPDIR: the sockets of the recorder are there'); // prettier-ignore
  if (!attempt.found) return ok('recorder', `no recorder holds ${folder}`);
  return warn(
    'recorder',
    `a recorder records into ${folder}`,
    'nothing, if it is yours; a second one would end with code 75',
  );
}

/** What trying to listen where the status will be came to. */
export interface PortFacts {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Code of the system, such as `EADDRINUSE`; undefined when it was possible. */
  readonly problem: string | undefined;
  /** Whether a recorder answers there. */
  readonly isRecorder: boolean;
}

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'set monitoring.port to a free one, or to 0, which takes one',
  EACCES: 'set monitoring.port to 1024 or higher: lower ones need rights',
  EADDRNOTAVAIL: 'set monitoring.host to an address of this machine',
  ENOTFOUND: 'set monitoring.host to an address of this machine',
};

export function checkPort(facts: PortFacts, isFolderHeld: boolean): Finding {
  const { host, port, problem, isRecorder } = facts;
  if (problem === undefined)
    return ok('monitoring', port === 0 ? 'takes a free port' : `${host}:${port} is free`);
  if (isRecorder && isFolderHeld) return ok('monitoring', `the running recorder answers on ${host}:${port}`);
  const who = isRecorder ? ', by a recorder of another folder' : '';
  const what = `cannot listen on ${host}:${port}: ${problem}${who}`;
  return error('monitoring', what, ADVICE[problem] ?? 'set monitoring.host and monitoring.port');
}

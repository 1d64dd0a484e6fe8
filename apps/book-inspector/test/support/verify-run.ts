import { runCli } from '../../src/cli/run-cli.ts';
import type { Finding } from '../../src/verify/finding.ts';
import type { RecordingVerdict } from '../../src/verify/recording-verdict.ts';

export interface VerifyEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process. */
export async function runVerifyCommand(...args: string[]): Promise<VerifyEnd> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCli(['verify', ...args], {
    stdout: { write: (text, done) => ((stdout += text), done?.()) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    nowMs: () => 0,
  });
  return { exitCode, stdout, stderr };
}

export async function verified(dataDir: string): Promise<RecordingVerdict> {
  const { stdout } = await runVerifyCommand('--data-dir', dataDir, '--format', 'json');
  return JSON.parse(stdout) as RecordingVerdict;
}

/** What a finding is and where, in short. */
export function placeOf({ severity, code, file, line }: Finding): string {
  return `${severity} ${code} ${file}${line === undefined ? '' : `:${line}`}`;
}

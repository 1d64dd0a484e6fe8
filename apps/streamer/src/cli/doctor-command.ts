import { ConfigError, loadConfig, type StreamerConfig } from '@org/config';
import { EXIT, type ExitCode } from '../control/exit-codes.ts';
import { configFaults } from '../doctor/checks/check-config.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { openProbes } from '../doctor/real-probes.ts';
import { jsonReport, textReport } from '../doctor/report.ts';

export interface DoctorFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/** A file system that does not answer keeps its calls, and with them the process, for ever. */
const EXIT_PATIENCE_MS = 500;

function leaveSoon(exitCode: ExitCode): void {
  setTimeout(() => process.exit(exitCode), EXIT_PATIENCE_MS).unref();
}

/** Says what is in the way of recording by this configuration, before a start or while a recorder runs. */
export async function doctor(
  flags: DoctorFlags,
  output: NodeJS.WritableStream & { readonly isTTY?: boolean } = process.stdout,
  leave = leaveSoon,
): Promise<ExitCode> {
  const findings = await findingsOf(flags.config);
  output.write(
    flags.json === true
      ? jsonReport(findings)
      : textReport(findings, output.isTTY === true && !process.env['NO_COLOR']),
  );
  const exitCode = findings.some(({ level }) => level === 'error') ? EXIT.failed : EXIT.ok;
  leave(exitCode);
  return exitCode;
}

async function findingsOf(path: string | undefined): Promise<readonly Finding[]> {
  let config: StreamerConfig;
  try {
    config = loadConfig({ path, environment: process.env });
  } catch (fault) {
    if (fault instanceof ConfigError) return configFaults(fault);
    throw fault;
  }
  const probes = openProbes(config);
  try {
    return await examine(config, probes);
  } finally {
    probes.close();
  }
}

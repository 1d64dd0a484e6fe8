import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { SimulatorError } from '../errors.ts';
import type { CheckedFault } from './fault.ts';
import { faultSchema } from './fault.ts';

/** Larger than any script that a person writes. */
export const FAULT_TEXT_BYTES_MAX = 256 * 1024;
const FAULTS_MAX = 1000;

const faultList = z.array(z.unknown()).max(FAULTS_MAX);
const scriptSchema = z.union(
  [faultList, z.strictObject({ faults: faultList }).transform((script) => script.faults)],
  {
    error: `expected a list of at most ${FAULTS_MAX} faults, or an object that holds nothing but such a list as "faults"`,
  },
);

/** Where in the script, for example `[2].duration`. */
function place(path: readonly PropertyKey[], prefix: string): string {
  const text =
    prefix + path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.startsWith('.') ? text.slice(1) : text;
}

function invalid(issues: readonly string[]): SimulatorError {
  return new SimulatorError('FAULTS_INVALID', `faults: ${issues.join('; ')}`, { issues });
}

function describe(error: z.ZodError, prefix: string): string[] {
  return error.issues.map(({ path, message }) => {
    const at = place(path, prefix);
    return at === '' ? message : `${at}: ${message}`;
  });
}

/** Checks one fault. Throws {@link SimulatorError} `FAULTS_INVALID` that names every wrong key. */
export function checkFault(fault: unknown, prefix = ''): CheckedFault {
  const checked = faultSchema.safeParse(fault);
  if (!checked.success) throw invalid(describe(checked.error, prefix));
  if (checked.data.at !== undefined && checked.data.afterMessages !== undefined) {
    throw invalid([`${prefix}: expected one of "at" and "afterMessages", was both`]);
  }
  return checked.data;
}

/** Reads a script: YAML or JSON, a list of faults or an object with a list `faults`. Names every mistake at once. */
export function parseFaultScript(text: string): CheckedFault[] {
  checkLength(text);
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw invalid(document.errors.map((error) => error.message.split('\n')[0]!));
  return checkFaults(document.toJS({ maxAliasCount: 100 }));
}

/** Reads what a test sends: JSON, one fault or what a script holds. Names every mistake at once. */
export function parseFaultRequest(text: string): CheckedFault[] {
  checkLength(text);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw invalid([`expected JSON: ${(error as Error).message}`]);
  }
  const isOne = typeof content === 'object' && content !== null && 'fault' in content;
  return isOne ? [checkFault(content)] : checkFaults(content);
}

function checkLength(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > FAULT_TEXT_BYTES_MAX)
    throw invalid([`expected at most ${FAULT_TEXT_BYTES_MAX} bytes, was ${bytes}`]);
}

function checkFaults(content: unknown): CheckedFault[] {
  const script = scriptSchema.safeParse(content);
  if (!script.success) throw invalid(describe(script.error, ''));
  const issues: string[] = [];
  const faults: CheckedFault[] = [];
  script.data.forEach((entry, index) => {
    try {
      faults.push(checkFault(entry, `[${index}]`));
    } catch (error) {
      if (!(error instanceof SimulatorError)) throw error;
      issues.push(...error.issues);
    }
  });
  if (issues.length > 0) throw invalid(issues);
  return faults;
}

/** Reads a script from a file. Throws {@link SimulatorError} `FAULTS_UNREADABLE` or `FAULTS_INVALID`. */
export async function readFaultScript(path: string): Promise<CheckedFault[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new SimulatorError('FAULTS_UNREADABLE', `faults ${path}: cannot be read`, { cause });
  }
  return parseFaultScript(text);
}

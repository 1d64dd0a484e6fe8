import type { Audit } from './audit.ts';

/** Says what a fault test found, so that a run can be read without believing it. */
export function printFigures(title: string, figures: object): void {
  const text = Object.entries(figures).map(([name, value]) => `${name} ${String(value)}`);
  process.stdout.write(`${title}: ${text.join(', ')}\n`);
}

/** The figures of an audit. */
export function auditFigures({
  rows,
  malformed,
  duplicated,
  undeclared,
  lost,
  declared,
  healed,
}: Audit): Record<string, number> {
  return {
    rows, lost, declared, undeclared: undeclared.length, healed, duplicated: duplicated.length, malformed: malformed.length,
  }; // prettier-ignore
}

export const SOUND = { malformed: [], duplicated: [], undeclared: [] };

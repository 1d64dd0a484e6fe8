import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** As the package of the program says; "unknown" where the package was taken apart. `entry`: the program's main file. */
export function recorderVersion(entry: string): string {
  try {
    const file = join(dirname(entry), '..', 'package.json');
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}

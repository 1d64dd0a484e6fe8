import { existsSync } from 'node:fs';

/** Where a plain file is by now: it may have been packed since it was found. */
export function presentPath(path: string): string {
  return !existsSync(path) && existsSync(`${path}.gz`) ? `${path}.gz` : path;
}

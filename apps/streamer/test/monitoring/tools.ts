import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where one of these programs is installed; undefined when none is. */
export function installed(...names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Of the Debian package `prometheus`. */
export const promtool = installed('promtool');

export const chromium = installed('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');

/** A test that needs a program; skipped, by a name that says so, where it is not installed. */
export function itWith(
  program: string | undefined,
  name: string,
): (what: string, test: () => Promise<void>, timeoutMs?: number) => void {
  return program !== undefined
    ? (what, test, timeoutMs) => it(what, test, timeoutMs)
    : (what) => it.skip(`${what} (skipped: no ${name} on this machine)`, () => undefined);
}

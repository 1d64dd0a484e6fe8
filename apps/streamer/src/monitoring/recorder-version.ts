import { readFileSync } from 'node:fs';

let version: string | undefined;

/** The version of this package; its manifest is two folders up, from the source as from the build. */
export function recorderVersion(): string {
  if (version === undefined) {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    ({ version } = JSON.parse(manifest) as { version: string });
  }
  return version;
}

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const TEXT = 'text/plain; charset=utf-8';

/** Seen from the source as from the build, the package is two folders up; it ships both. */
const PAGE = new URL('../../src/monitoring/page/', import.meta.url);
const CLIENT = new URL('../../dist/page/', import.meta.url);

const CLIENT_SCRIPTS = [
  'charts', 'elements', 'facts', 'format', 'glance', 'header', 'main', 'other-sections', 'polling', 'process-table',
  'recorder-status', 'sections', 'symbol-rows', 'symbol-table',
]; // prettier-ignore

/** Everything that the page may ask for: where it is, and what it is. */
const FILES: ReadonlyMap<string, readonly [() => URL | string, string]> = new Map([
  ['/', [() => new URL('index.html', PAGE), HTML]],
  ['/page/page.css', [() => new URL('page.css', PAGE), CSS]],
  ['/page/icon.svg', [() => new URL('icon.svg', PAGE), 'image/svg+xml']],
  ...CLIENT_SCRIPTS.map((name): [string, [() => URL, string]] => [
    `/page/${name}.js`,
    [() => new URL(`${name}.js`, CLIENT), SCRIPT],
  ]),
  ['/page/uplot.js', [() => uplot('dist/uPlot.iife.min.js'), SCRIPT]],
  ['/page/uplot.css', [() => uplot('dist/uPlot.min.css'), CSS]],
  ['/page/uplot-license.txt', [() => uplot('LICENSE'), TEXT]],
]);

const read = new Map<string, Promise<PageFile>>();

/** A file of the dashboard by the path of its address; undefined for any other path. Read once. */
export function pageFile(path: string): Promise<PageFile> | undefined {
  const known = FILES.get(path);
  if (known === undefined) return undefined;
  let file = read.get(path);
  if (file === undefined) {
    file = readPageFile(...known);
    read.set(path, file);
    // One that cannot be read now may be there the next time.
    file.catch(() => read.delete(path));
  }
  return file;
}

async function readPageFile(place: () => URL | string, contentType: string): Promise<PageFile> {
  return { bytes: new Uint8Array(await readFile(place())), contentType };
}

/** A file of the chart library as it is installed. */
function uplot(file: string): string {
  return createRequire(import.meta.url).resolve(`uplot/${file}`);
}

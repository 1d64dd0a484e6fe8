import { isSymbol } from '@org/market-data';
import { formatFileName, parseFileName, type FileKind } from '../file-names.ts';
import { fileHeader } from '../streams/catalogue.ts';

/** Where rows belong: all parts of a kind and period in a symbol's folder. */
export interface RowsPlace {
  /** The symbol; '' for the output folder itself. */
  readonly folder: string;
  readonly kind: FileKind;
  readonly period: string;
}

/** One file of rows. */
export interface StoredFile extends RowsPlace {
  readonly part: number;
}

/** The same for all parts of a place. */
export function placeKey({ folder, kind, period }: RowsPlace): string {
  return `${folder}/${formatFileName(kind, period, 0)}`;
}

/** Path below the output folder, with `/` on every system. */
export function storedPath({ folder, kind, period, part }: StoredFile): string {
  const name = formatFileName(kind, period, part);
  return folder === '' ? name : `${folder}/${name}`;
}

/** The file of a path that {@link storedPath} made; undefined for every other text, also one that leaves the store. */
export function parseStoredPath(path: string): StoredFile | undefined {
  const slash = path.indexOf('/');
  const folder = path.slice(0, Math.max(0, slash));
  const name = parseFileName(path.slice(slash + 1));
  if (name === undefined || fileHeader(name.kind) === undefined) return undefined;
  if (slash !== -1 && !isSymbol(folder)) return undefined;
  const file = { folder, kind: name.kind as FileKind, period: name.period, part: name.part };
  return storedPath(file) === path ? file : undefined;
}

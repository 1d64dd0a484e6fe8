import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of rows in the folder of a symbol. */
export interface DayFile {
  readonly name: string;
  readonly path: string;
  readonly kind: string;
  /** UTC day, `YYYY-MM-DD`. */
  readonly date: string;
  /** When it begins: the day, or a moment of it as `YYYY-MM-DDTHH-MM-SS` or shorter. */
  readonly period: string;
  readonly part: number;
  readonly isCompressed: boolean;
  /** Whether `<name>.CHECKSUM` lies beside it: no rows come to it any more. */
  readonly isSealed: boolean;
}

const NAME =
  /^(?<kind>[a-z]+)_(?<period>(?<date>\d{4}-\d{2}-\d{2})(?:T\d{2}(?:-\d{2}){0,2})?)(?:\.(?<part>\d{1,4}))?\.csv(?<gz>\.gz)?$/;

/**
 * The CSV files in a symbol's folder, in the order in which their rows arrived: by kind, by the beginning of the period, then
 * by part. Of one that lies there twice, because it is being packed, the plain one. Rejects when the folder cannot be read.
 */
export async function dayFiles(folder: string): Promise<readonly DayFile[]> {
  const names = new Set(await readdir(folder));
  const files: DayFile[] = [];
  for (const name of names) {
    const parts = NAME.exec(name)?.groups;
    if (parts === undefined) continue;
    const isCompressed = parts['gz'] !== undefined;
    if (isCompressed && names.has(name.slice(0, -'.gz'.length))) continue;
    const { kind, date, period } = parts as { kind: string; date: string; period: string };
    const part = Number(parts['part'] ?? 0);
    const isSealed = names.has(`${name}.CHECKSUM`);
    files.push({ name, path: join(folder, name), kind, date, period, part, isCompressed, isSealed });
  }
  return files.sort(compare);
}

function compare(a: DayFile, b: DayFile): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.period !== b.period) return a.period < b.period ? -1 : 1;
  return a.part - b.part;
}

/** Name of the Parquet file of a kind and a day. */
export function parquetName(kind: string, date: string): string {
  return `${kind}_${date}.parquet`;
}

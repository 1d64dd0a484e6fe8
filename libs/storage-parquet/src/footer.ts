import { existsSync } from 'node:fs';
import type { ParquetEngine } from './engine.ts';
import type { Seal } from './seals.ts';
import { pathLiteral } from './sql.ts';

/** Of names, types and footer; files of another version are made anew. */
const VERSION = '1';

/** What stands in the footer of every file: key and value. */
export const FOOTER: Readonly<Record<string, string>> = { recorder_format: VERSION };

/** What stands in the footer of a file made of these sealed CSV files: key and value. */
export function footerOf(seals: readonly Seal[]): Readonly<Record<string, string>> {
  return { ...FOOTER, sources: JSON.stringify(seals.map(({ name, sha256 }) => [name, sha256])) };
}

/** Whether the file is there, whole, and made of exactly these CSV files. */
export async function isMadeOf(
  engine: ParquetEngine,
  path: string,
  footer: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (!existsSync(path)) return false;
  const sql = `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(${pathLiteral(path)})`;
  // One that cannot be read is made again.
  const rows = await engine.query(sql).catch(() => []);
  const found = new Map(rows.map(({ key, value }) => [key, value]));
  return Object.entries(footer).every(([key, value]) => found.get(key) === value);
}

import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Copies what writers have stored into one folder; no two of them may have a file of rows of the same name. */
export function putTogether(folders: readonly string[], target: string): string {
  for (const folder of folders)
    for (const path of filesIn(folder)) {
      const copy = join(target, path);
      if (existsSync(copy)) throw new Error(`two writers have the file ${path}`);
      mkdirSync(dirname(copy), { recursive: true });
      cpSync(join(folder, path), copy);
    }
  return target;
}

/** The partition's folder in which a symbol is, of a folder with all of them. */
export function folderOf(data: string, symbol: string): string {
  const found = readdirSync(data).filter((name) => existsSync(join(data, name, symbol)));
  if (found.length !== 1)
    throw new Error(`${symbol}: expected it in one partition, was in ${found.join(', ') || 'none'}`);
  return join(data, found[0]!);
}

/** What begins with a dot is the writer's own. */
export function filesIn(folder: string): string[] {
  const partitions = readdirSync(folder).filter((name) => /^p\d{2,3}$/.test(name));
  return partitions.flatMap((partition) =>
    readdirSync(join(folder, partition), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(partition, entry.parentPath.slice(join(folder, partition).length), entry.name)),
  );
}

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Compares the books at the end with what the recording's own oracle says, so that two candidates that agree cannot
 * both be wrong. The oracle is `books.json` beside the folder of captures; without it, or without a symbol in it,
 * nothing is compared.
 *
 * @param {string} data folder of captures, read to their end
 * @param {{ folder: string, parts: readonly import('./equality.mjs').EvidencePart[] }} evidence
 * @returns {string[]} problems
 */
export function oracleProblems(data, { folder, parts }) {
  const path = join(dirname(data), 'books.json');
  if (!existsSync(path)) return [];
  const books = JSON.parse(readFileSync(path, 'utf8'));
  return parts.flatMap(({ name }) => {
    const symbol = /^(?<symbol>\S+) final book$/u.exec(name)?.groups?.['symbol'];
    const expected = books[`${basename(data)}/${symbol}`]?.checkpoints?.at(-1)?.sha256;
    if (expected === undefined) return [];
    const was = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
    return was === expected ? [] : [`${name}: expected sha256 ${expected} of the oracle, was ${was}`];
  });
}

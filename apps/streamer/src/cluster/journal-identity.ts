import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JOURNAL_FOLDER } from '../writer/record-journal.ts';
import { replaceFile } from './durable-file.ts';

const IDENTITY = 'identity';
const FORWARDED = '.forwarded.json';

/**
 * Which journal this is. It lies with the journal, so that another one, which counts its positions anew, never has the
 * name of one that is gone.
 */
export async function journalIdentity(outputPath: string): Promise<string> {
  const path = join(outputPath, JOURNAL_FOLDER, IDENTITY);
  const known = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (/^[\w-]{1,64}$/.test(known)) return known;
  const identity = randomUUID();
  await replaceFile(path, `${identity}\n`);
  return identity;
}

/**
 * Up to where writers have committed a journal, so that this may let go of it. It is on the device before the journal is
 * told: the journal never lets go of more than is known here.
 */
export class ForwardedFile {
  readonly #path: string;
  readonly #identity: string;

  constructor(outputPath: string, identity: string) {
    this.#path = join(outputPath, FORWARDED);
    this.#identity = identity;
  }

  /** 0 for a journal that nothing is known of. */
  async read(): Promise<number> {
    try {
      const { identity, position } = JSON.parse(await readFile(this.#path, 'utf8')) as {
        identity?: unknown;
        position?: unknown;
      };
      return identity === this.#identity && Number.isSafeInteger(position)
        ? Math.max(0, position as number)
        : 0;
    } catch {
      return 0;
    }
  }

  write(position: number): Promise<void> {
    return replaceFile(this.#path, `${JSON.stringify({ identity: this.#identity, position })}\n`);
  }
}

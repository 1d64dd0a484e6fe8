import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The copy of a store's checkpoint, a file that says where all files of the store end, as it was at the last confirmed
 * commit. It is taken before the next commit: by then the checkpoint lists every file that this commit brings rows to, at
 * the length that the confirmed one left it with.
 */
export class CheckpointCopy {
  readonly #path: string;
  readonly #copyPath: string;

  /** For example `<outputDir>/.csv-checkpoint.json` and `<outputDir>/.csv-checkpoint.confirmed.json`. */
  constructor(path: string, copyPath: string) {
    this.#path = path;
    this.#copyPath = copyPath;
  }

  async keep(): Promise<void> {
    const bytes = await readIfThere(this.#path);
    if (bytes !== undefined) await replaceFile(this.#copyPath, bytes);
  }

  async putBack(): Promise<boolean> {
    const bytes = await readIfThere(this.#copyPath);
    if (bytes !== undefined) await replaceFile(this.#path, bytes);
    return bytes !== undefined;
  }

  async isNew(): Promise<boolean> {
    return (await readIfThere(this.#path)) === undefined;
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** After a power cut the file is the old one or the new one. */
async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.${randomUUID()}.tmp`;
  await mkdir(folder, { recursive: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

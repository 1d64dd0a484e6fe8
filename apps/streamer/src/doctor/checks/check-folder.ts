import { type Attempt, error, type Finding, ok } from '../finding.ts';

export interface FolderFacts {
  /** The folder, or the nearest one above it that there is; files were written, synced and renamed there. */
  readonly probed: string;
  readonly exists: boolean;
}

/** `key` is the key of the configuration that names the folder. */
export function checkFolder(key: string, folder: string, attempt: Attempt<FolderFacts>): Finding {
  if ('problem' in attempt)
    return error(key, `${folder}: ${attempt.problem}`, `give the user of the recorder the right to write there, or set ${key}`); // prettier-ignore
  if (attempt.found.exists) return ok(key, `${folder}: files can be written, synced and renamed`);
  return ok(key, `${folder} is not there yet and can be made in ${attempt.found.probed}`);
}

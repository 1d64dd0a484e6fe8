import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The columns of a depth file, one row a level. */
export const DEPTH_COLUMNS = [
  'local_time',
  'event_time',
  'transaction_time',
  'first_update_id',
  'final_update_id',
  'prev_final_update_id',
  'update_type',
  'side',
  'price',
  'quantity',
];

const DATE_LENGTH = 'YYYY-MM-DD'.length;

/** Rows of a workload: one a level, and one for a message without levels. */
export function rowCount({ symbols }) {
  return symbols.reduce(
    (sum, { events }) => sum + events.reduce((rows, { levels }) => rows + Math.max(1, levels), 0),
    0,
  );
}

/** `<SYMBOL>/depth_<UTC date of receipt>.csv` */
export function depthFileName(symbol, receivedAtUs) {
  return join(symbol, `depth_${new Date(receivedAtUs / 1000).toISOString().slice(0, DATE_LENGTH)}.csv`);
}

/** The depth files of a folder, sorted by symbol and date. */
export function depthFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => /depth_[\d-]+\.csv(?:\.gz)?$/u.test(name))
    .sort();
}

/** A folder for the files of one pass: made before it, removed after it. */
export class PassFolder {
  /** @param {string} scratch */
  constructor(scratch, symbols) {
    this.path = join(scratch, 'pass');
    this.symbols = symbols.map(({ symbol }) => symbol);
  }

  make() {
    for (const symbol of this.symbols) mkdirSync(join(this.path, symbol), { recursive: true });
  }

  remove() {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Copies the depth files out of it, as evidence. */
  evidence(folder) {
    return depthFiles(this.path).map((name) => {
      cpSync(join(this.path, name), join(folder, name));
      return { name, record: 'row' };
    });
  }
}

/**
 * A candidate that writes files.
 *
 * @param {import('./workload.mjs').Workload} workload
 * @param {string} scratch
 * @param {(folder: string) => Promise<void>} write
 * @returns {import('../harness/candidate.mjs').Candidate}
 */
export function fileCandidate(workload, scratch, write) {
  const folder = new PassFolder(scratch, workload.symbols);
  const candidate = {
    unitsPerPass: rowCount(workload),
    isAsync: true,
    before: () => folder.make(),
    pass: () => write(folder.path),
    after: () => folder.remove(),
  };
  return {
    ...candidate,
    async evidence(target) {
      candidate.before();
      await candidate.pass();
      const parts = folder.evidence(target);
      candidate.after();
      return parts;
    },
  };
}

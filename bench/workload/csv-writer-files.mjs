import { join } from 'node:path';
import { createArrayCsvWriter } from 'csv-writer';
import { DEPTH_COLUMNS, depthFileName } from './depth-files.mjs';

export const ROWS_PER_APPEND = 1000;

/** Depth files written by csv-writer, from arrays, in appends of a thousand rows or more: the way that suits it best. */
export class CsvWriterFiles {
  #folder;
  #open = new Map();

  constructor(folder) {
    this.#folder = folder;
  }

  /** The rows that wait for the file of a moment; call `flush` after adding to them. */
  file(symbol, receivedAtUs) {
    const name = depthFileName(symbol, receivedAtUs);
    let file = this.#open.get(name);
    if (file === undefined) {
      const writer = createArrayCsvWriter({ path: join(this.#folder, name), header: DEPTH_COLUMNS });
      file = { writer, rows: [] };
      this.#open.set(name, file);
    }
    return file;
  }

  /** Writes what waits, once it is enough. */
  async flush(file, least = ROWS_PER_APPEND) {
    if (file.rows.length < least) return;
    const { rows } = file;
    file.rows = [];
    await file.writer.writeRecords(rows);
  }

  async close() {
    for (const file of this.#open.values()) await this.flush(file, 1);
  }
}

import { join } from 'node:path';
import { createArrayCsvWriter, createObjectCsvWriter } from 'csv-writer';
import { DEPTH_COLUMNS, depthFileName } from './depth-files.mjs';

export const ROWS_PER_APPEND = 1000;

const OBJECT_HEADER = DEPTH_COLUMNS.map((column) => ({ id: column, title: column }));

/**
 * Depth files written by csv-writer in appends of a thousand rows or more: from arrays, the way that suits it best, or
 * from objects, the way that its README shows first.
 */
export class CsvWriterFiles {
  #folder;
  #takesObjects;
  #open = new Map();

  constructor(folder, takesObjects = false) {
    this.#folder = folder;
    this.#takesObjects = takesObjects;
  }

  /** The rows that wait for the file of a moment; call `flush` after adding to them. */
  file(symbol, receivedAtUs) {
    const name = depthFileName(symbol, receivedAtUs);
    let file = this.#open.get(name);
    if (file === undefined) {
      const path = join(this.#folder, name);
      const writer = this.#takesObjects
        ? createObjectCsvWriter({ path, header: OBJECT_HEADER })
        : createArrayCsvWriter({ path, header: DEPTH_COLUMNS });
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

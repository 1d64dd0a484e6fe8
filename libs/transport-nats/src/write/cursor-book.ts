import type { Buffer } from 'node:buffer';
import type { Bus } from '../bus/bus.ts';
import { partitionName } from '../bus/names.ts';
import { asking, hasCode, TransportNatsError } from '../errors.ts';
import { decodeCursor, encodeCursor, type Cursor } from './cursor.ts';

/** A cursor and the revision that replacing it has to expect; 0 where there is none. */
export interface CursorRead {
  readonly cursor: Cursor | undefined;
  readonly revision: number;
}

/** Head room for subject and headers in a message. */
const MARGIN_BYTES = 4096;

export function cursorKey(partition: number): string {
  return `cursor.${partitionName(partition)}`;
}

/** The cursors of all partitions on the servers. */
export class CursorBook {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  async read(partition: number): Promise<CursorRead> {
    const key = cursorKey(partition);
    const entry = await asking(key, async () => (await this.#bus.cursors()).get(key));
    if (entry === null) return { cursor: undefined, revision: 0 };
    if (entry.operation !== 'PUT') return { cursor: undefined, revision: entry.revision };
    return { cursor: decodeCursor(key, entry.value), revision: entry.revision };
  }

  /** A cursor that the server will take. STATE_TOO_LARGE otherwise. */
  async encode(partition: number, cursor: Cursor): Promise<Buffer> {
    const bytes = encodeCursor(cursor);
    const roomBytes = (await this.#bus.messageBytesMax()) - MARGIN_BYTES;
    if (bytes.length <= roomBytes) return bytes;
    const problem = `expected at most ${roomBytes} bytes, was ${bytes.length}`;
    throw new TransportNatsError('STATE_TOO_LARGE', cursorKey(partition), problem);
  }

  /** Returns the new revision. CONFLICT when somebody else was first. */
  replace(partition: number, encoded: Buffer, expectedRevision: number): Promise<number> {
    const key = cursorKey(partition);
    return asking(key, async () => {
      const cursors = await this.#bus.cursors();
      return expectedRevision === 0
        ? cursors.create(key, encoded)
        : cursors.update(key, encoded, expectedRevision);
    });
  }

  /**
   * Makes sure that no commit that is still on its way can succeed, and returns what is confirmed. It disturbs nobody: a
   * cursor of a later generation refuses the commits of an earlier one by itself.
   */
  async fence(partition: number, generation: number): Promise<Cursor | undefined> {
    for (;;) {
      const { cursor, revision } = await this.read(partition);
      if (cursor === undefined || cursor.generation !== generation) return cursor;
      try {
        await this.replace(partition, encodeCursor(cursor), revision);
        return cursor;
      } catch (error) {
        if (!hasCode(error, 'CONFLICT')) throw error;
      }
    }
  }
}

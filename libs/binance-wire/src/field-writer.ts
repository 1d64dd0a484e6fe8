import { FrameError } from './frame-error.ts';
import { type FrameFields, INTEGERS_PER_LEVEL } from './frame-fields.ts';
import type { JsonNode } from './json-reader.ts';
import { encodeUtf8 } from './utf8.ts';

const PLAIN_DECIMAL = /^\d+(\.\d+)?$/;

/** The characters of a string, number or boolean; undefined for null, objects and arrays. */
function scalarText(node: JsonNode | undefined): string | undefined {
  if (node === undefined || node.type === 'object' || node.type === 'array' || node.type === 'null')
    return undefined;
  return node.text;
}

/** Fills the fields of a scan from JSON nodes: writes their texts into a buffer of its own and notes the offsets. */
export class FieldWriter {
  readonly #source: Uint8Array;
  readonly #fields: FrameFields;
  /** The source has at least one byte between two texts, and no text grows when its escapes go: its length is enough. */
  #end = 0;

  constructor(source: Uint8Array, fields: FrameFields) {
    this.#source = source;
    this.#fields = fields;
    fields.clear(new Uint8Array(source.length));
  }

  writeSlots(members: ReadonlyMap<string, JsonNode>, slots: ReadonlyMap<string, number>): void {
    for (const [key, slot] of slots) {
      const text = scalarText(members.get(key));
      if (text === undefined) continue;
      this.#fields.starts[slot] = this.#end;
      this.#fields.ends[slot] = this.#write(text);
    }
  }

  writeStream(text: string): void {
    this.#fields.streamStart = this.#end;
    this.#fields.streamEnd = this.#write(text);
  }

  /** Writes one side of a book; bids before asks. Throws {@link FrameError} for anything but an array of levels. */
  writeSide(side: JsonNode | undefined, isBid: boolean): void {
    const name = isBid ? 'bids' : 'asks';
    if (side?.type !== 'array') throw this.error(side, `an array of ${name}`);
    const fields = this.#fields;
    let next = (isBid ? 0 : fields.bidCount) * INTEGERS_PER_LEVEL;
    for (const level of side.items) {
      if (level.type !== 'array') throw this.error(level, 'a level [price, quantity]');
      while (next + INTEGERS_PER_LEVEL > fields.levels.length) fields.growLevels();
      for (let part = 0; part < 2; part++) {
        const text = scalarText(level.items[part]);
        if (text === undefined || !PLAIN_DECIMAL.test(text)) {
          throw this.error(level.items[part] ?? level, 'a plain unsigned decimal');
        }
        fields.levels[next++] = this.#end;
        fields.levels[next++] = this.#write(text);
      }
    }
    if (isBid) fields.bidCount = side.items.length;
    else fields.askCount = side.items.length;
  }

  /** The error of a node that is not what it must be; of a missing one at the end of the message. */
  error(node: JsonNode | undefined, expected: string): FrameError {
    return new FrameError(this.#source, node?.at ?? this.#source.length, expected);
  }

  /** Leaves a zero behind each text, so that a reader of one text cannot run on into the next. */
  #write(text: string): number {
    const end = encodeUtf8(text, this.#fields.bytes, this.#end);
    this.#end = end + 1;
    return end;
  }
}

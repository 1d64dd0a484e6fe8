import { Buffer } from 'node:buffer';
import type { FrameFields } from '@org/binance-wire';
import type { LineBuffer } from './line-buffer.ts';
import type { PointDefinition, PointField } from './point-definition.ts';
import { PointProblem } from './point-problem.ts';
import type { StreamPoints } from './stream-points.ts';
import { writeTime } from './point-time.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const INTEGER_MARK = 0x69;
const LOCAL_TIME = Buffer.from('local_time=');
const SOURCES = { ws: Buffer.from(',source="ws"'), rest: Buffer.from(',source="rest"') };
const WORD_BYTES_MAX = 64;
const WORD = /^[A-Za-z0-9_][A-Za-z0-9_ .:/-]*$/;

/** A field with the bytes that stand before its value. */
interface WrittenField {
  readonly field: PointField;
  readonly before: Buffer;
  readonly beforeText: Buffer;
}

export interface FramePointsOptions {
  /** Whether each decimal is also stored as the exchange's own text, as `<field>_text`. */
  readonly isTextKept: boolean;
}

/** Turns scanned frames into points. */
export class FramePoints {
  readonly #isTextKept: boolean;
  readonly #fieldsOf = new Map<PointDefinition, readonly WrittenField[]>();

  constructor(options: FramePointsOptions) {
    this.#isTextKept = options.isTextKept;
  }

  /**
   * Appends the line of a frame. Throws {@link PointProblem}, or the `FrameError` of a field, when the frame lacks what the
   * measurement needs; `lines` may then hold a part of it.
   */
  write(
    { definition, heads }: StreamPoints & { readonly definition: PointDefinition },
    fields: FrameFields,
    receivedAtUs: number,
    lines: LineBuffer,
    source: 'ws' | 'rest',
  ): void {
    lines.copy(definition.side === undefined ? heads.plain : heads[sideOf(definition.side, fields)]);
    for (const written of this.#fields(definition)) this.#writeField(written, fields, lines);
    lines.copy(LOCAL_TIME);
    lines.integer(receivedAtUs);
    lines.byte(INTEGER_MARK);
    if (definition.hasSource) lines.copy(SOURCES[source]);
    writeTime(lines, definition.timeMs(fields, receivedAtUs), definition.offsetNs(fields, receivedAtUs));
  }

  #fields(definition: PointDefinition): readonly WrittenField[] {
    let fields = this.#fieldsOf.get(definition);
    if (fields === undefined) this.#fieldsOf.set(definition, (fields = definition.fields.map(writtenField)));
    return fields;
  }

  #writeField({ field, before, beforeText }: WrittenField, fields: FrameFields, lines: LineBuffer): void {
    const start = fields.starts[field.slot]!;
    const end = fields.ends[field.slot]!;
    if (start < 0 || start === end) {
      if (field.isRequired) throw new PointProblem(`expected "${field.key}", was absent`);
      return;
    }
    lines.copy(before);
    switch (field.type) {
      case 'float':
        if (!lines.decimal(fields.bytes, start, end, false)) throw problem(field, 'a decimal', fields);
        if (this.#isTextKept) {
          lines.copy(beforeText);
          lines.decimal(fields.bytes, start, end, true);
        }
        break;
      case 'integer':
        lines.integer(fields.integer(field.slot));
        lines.byte(INTEGER_MARK);
        break;
      default:
        writeText(field, fields, lines);
    }
    lines.byte(COMMA);
  }
}

function writtenField(field: PointField): WrittenField {
  return { field, before: Buffer.from(`${field.name}=`), beforeText: Buffer.from(`,${field.name}_text=`) };
}

function writeText(field: PointField, fields: FrameFields, lines: LineBuffer): void {
  const text = fields.text(field.slot);
  if (field.type === 'flag') {
    if (text !== 'true' && text !== 'false') throw problem(field, 'true or false', fields);
    return lines.text(text);
  }
  if (text.length > WORD_BYTES_MAX || !WORD.test(text)) throw problem(field, 'a word', fields);
  lines.byte(QUOTE);
  lines.text(text);
  lines.byte(QUOTE);
}

function sideOf(side: NonNullable<PointDefinition['side']>, fields: FrameFields): 'buy' | 'sell' {
  const text = fields.text(side.slot);
  if (text === side.buy) return 'buy';
  if (text === side.sell) return 'sell';
  throw new PointProblem(`expected ${side.buy} or ${side.sell}, was ${JSON.stringify(text.slice(0, 80))}`);
}

function problem({ key, slot }: PointField, expected: string, fields: FrameFields): PointProblem {
  return new PointProblem(
    `expected ${expected} for "${key}", was ${JSON.stringify(fields.text(slot).slice(0, 80))}`,
  );
}

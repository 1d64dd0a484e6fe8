import { parseAnswer } from './answer.ts';
import { FieldWriter } from './field-writer.ts';
import type { FrameFields, FrameKind } from './frame-fields.ts';
import { eventKind, holdsInteger } from './frame-kind.ts';
import type { JsonNode } from './json-reader.ts';
import { readJson } from './json-reader.ts';
import type { Scope } from './slot.ts';
import { SLOT, slotsOfScope } from './slot.ts';

const EVENT_SLOTS = slotsOfScope('');
const NESTED: readonly (readonly [key: string, Scope])[] = [
  ['k', 'k.'],
  ['o', 'o.'],
];
const NESTED_SLOTS = NESTED.map(([key, scope]) => [key, slotsOfScope(scope)] as const);

/** Writes every known scalar of an event, of its bar and of its order. */
function writeEvent(event: ReadonlyMap<string, JsonNode>, writer: FieldWriter): void {
  writer.writeSlots(event, EVENT_SLOTS);
  for (const [key, slots] of NESTED_SLOTS) {
    const nested = event.get(key);
    if (nested?.type === 'object') writer.writeSlots(nested.members, slots);
  }
}

/** What the strict path demands of a depth diff: both sides, and ids and time that are integers. */
function writeDepth(event: ReadonlyMap<string, JsonNode>, writer: FieldWriter, fields: FrameFields): void {
  writer.writeSide(event.get('b'), true);
  writer.writeSide(event.get('a'), false);
  for (const name of ['U', 'u', 'E', 'pu'] as const) {
    const isOptional = name === 'pu' && !fields.has(SLOT.pu);
    if (!isOptional && !holdsInteger(fields, SLOT[name]))
      throw writer.error(event.get(name), `a safe integer for "${name}"`);
  }
}

function fill(bytes: Uint8Array, fields: FrameFields): FrameKind {
  const root = readJson(bytes);
  if (root.type !== 'object') return 'other';
  const writer = new FieldWriter(bytes, fields);
  const stream = root.members.get('stream');
  if (stream?.type === 'string') writer.writeStream(stream.text);
  const event = root.members.get('data') ?? root;
  if (event.type !== 'object') return 'other';
  writeEvent(event.members, writer);
  const kind = eventKind(fields);
  if (kind === 'depthUpdate') writeDepth(event.members, writer, fields);
  if (kind !== undefined) return kind;
  return parseAnswer(bytes) !== undefined ? 'answer' : 'other';
}

/**
 * Reads any frame through a strict JSON reader; what {@link scanFrame} falls back to. The offsets refer to a private
 * buffer into which the texts were written anew, without escapes.
 *
 * Throws {@link FrameError} for text that is not one JSON object or array in well-formed UTF-8, for more than 64
 * levels of nesting, for more than 4 MiB, for half a surrogate pair, and for a depth diff whose levels are not plain
 * unsigned decimals or whose ids are not safe integers.
 */
export function scanFrameSlowly(bytes: Uint8Array, fields: FrameFields): FrameKind {
  fields.clear(bytes);
  try {
    fields.kind = fill(bytes, fields);
    return fields.kind;
  } catch (error) {
    fields.clear(bytes);
    throw error;
  }
}

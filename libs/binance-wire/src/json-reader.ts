import { FrameError } from './frame-error.ts';
import { DEPTH_MAX, literalEnd, MESSAGE_BYTES_MAX, numberEnd, skipBlanks, UNFAMILIAR } from './json-token.ts';
import { decodeUtf8, MALFORMED, sequenceEnd } from './utf8.ts';

/** A JSON value with its place; scalars keep their own characters, because a number's digits must not change. */
export type JsonNode =
  | { readonly type: 'object'; readonly at: number; readonly members: ReadonlyMap<string, JsonNode> }
  | { readonly type: 'array'; readonly at: number; readonly items: readonly JsonNode[] }
  | { readonly type: 'string' | 'number' | 'boolean' | 'null'; readonly at: number; readonly text: string };

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const U = 0x75;

const ESCAPED: ReadonlyMap<number, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, character]) => [letter.charCodeAt(0), character],
  ),
);

/** A strict reader of RFC 8259 text in UTF-8; of a repeated key the last one counts, as with JSON.parse. */
class JsonReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  readMessage(): JsonNode {
    if (this.#bytes.length > MESSAGE_BYTES_MAX)
      this.#fail(`at most ${MESSAGE_BYTES_MAX} bytes`, MESSAGE_BYTES_MAX);
    this.#skipBlanks();
    if (this.#peek() !== OPEN_OBJECT && this.#peek() !== OPEN_ARRAY) this.#fail('an object or array');
    const node = this.#value();
    this.#skipBlanks();
    if (this.#at < this.#bytes.length) this.#fail('nothing more');
    return node;
  }

  #peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  #fail(expected: string, at = this.#at): never {
    throw new FrameError(this.#bytes, at, expected);
  }

  #skipBlanks(): void {
    this.#at = skipBlanks(this.#bytes, this.#at);
  }

  #value(): JsonNode {
    const at = this.#at;
    switch (this.#peek()) {
      case OPEN_OBJECT:
        return { type: 'object', at, members: this.#nested(() => this.#members()) };
      case OPEN_ARRAY:
        return { type: 'array', at, items: this.#nested(() => this.#items()) };
      case QUOTE:
        return { type: 'string', at, text: this.#string() };
      default:
        return this.#scalar();
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH_MAX) this.#fail(`at most ${DEPTH_MAX} levels of nesting`);
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #members(): ReadonlyMap<string, JsonNode> {
    const members = new Map<string, JsonNode>();
    this.#separated(CLOSE_OBJECT, '"," or "}"', () => {
      if (this.#peek() !== QUOTE) this.#fail('a key');
      const key = this.#string();
      this.#skipBlanks();
      if (this.#peek() !== COLON) this.#fail('":"');
      this.#at++;
      this.#skipBlanks();
      members.set(key, this.#value());
    });
    return members;
  }

  #items(): readonly JsonNode[] {
    const items: JsonNode[] = [];
    this.#separated(CLOSE_ARRAY, '"," or "]"', () => items.push(this.#value()));
    return items;
  }

  /** Reads parts with commas between them up to and with `close`. */
  #separated(close: number, expected: string, readPart: () => void): void {
    this.#skipBlanks();
    if (this.#peek() !== close) {
      for (;;) {
        readPart();
        this.#skipBlanks();
        if (this.#peek() === close) break;
        if (this.#peek() !== COMMA) this.#fail(expected);
        this.#at++;
        this.#skipBlanks();
      }
    }
    this.#at++;
  }

  #scalar(): JsonNode {
    const at = this.#at;
    const literal = literalEnd(this.#bytes, at);
    const end = literal === UNFAMILIAR ? numberEnd(this.#bytes, at) : literal;
    if (end === UNFAMILIAR) this.#fail('a JSON value');
    this.#at = end;
    const text = decodeUtf8(this.#bytes, at, end);
    return { type: literal === UNFAMILIAR ? 'number' : text === 'null' ? 'null' : 'boolean', at, text };
  }

  /** Reads from the opening quote to after the closing one. */
  #string(): string {
    let text = '';
    let plainFrom = ++this.#at;
    for (;;) {
      const byte = this.#peek();
      if (byte === undefined || byte < 0x20) this.#fail('a character of a string or its end');
      if (byte === QUOTE || byte === BACKSLASH) {
        text += decodeUtf8(this.#bytes, plainFrom, this.#at);
        if (byte === QUOTE) break;
        text += this.#escape();
        plainFrom = this.#at;
      } else {
        const after = sequenceEnd(this.#bytes, this.#at);
        if (after === MALFORMED) this.#fail('well-formed UTF-8');
        this.#at = after;
      }
    }
    this.#at++;
    return text;
  }

  #escape(): string {
    const at = this.#at;
    const letter = this.#bytes[at + 1]!;
    this.#at = at + 2;
    if (letter !== U) return ESCAPED.get(letter) ?? this.#fail('an escape', at);
    const unit = this.#fourHexDigits();
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    // Half a surrogate pair is legal JSON but no text: it could not be written as UTF-8 again.
    const isPair = unit < 0xdc00 && this.#peek() === BACKSLASH && this.#bytes[this.#at + 1] === U;
    if (!isPair) this.#fail('a whole surrogate pair', at);
    this.#at += 2;
    const low = this.#fourHexDigits();
    if (low < 0xdc00 || low > 0xdfff) this.#fail('a whole surrogate pair', at);
    return String.fromCharCode(unit, low);
  }

  #fourHexDigits(): number {
    const text = decodeUtf8(this.#bytes, this.#at, Math.min(this.#at + 4, this.#bytes.length));
    if (!/^[0-9a-fA-F]{4}$/.test(text)) this.#fail('four hexadecimal digits');
    this.#at += 4;
    return Number.parseInt(text, 16);
  }
}

/** Reads a whole message, an object or an array. Throws {@link FrameError} for anything else. */
export function readJson(bytes: Uint8Array): JsonNode {
  return new JsonReader(bytes).readMessage();
}

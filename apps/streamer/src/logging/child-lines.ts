import { LOG_LEVELS, type LogFields, type LogLevel } from './child-log.ts';
import { LineSplitter } from './line-splitter.ts';

export interface ParsedLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** What is not one of our lines (a stack trace of a crash) is an error line as it stands. */
export function parseChildLine(line: string): ParsedLine {
  try {
    const { level, event, fields } = JSON.parse(line) as Record<string, unknown>;
    const isOurs = typeof event === 'string' && typeof fields === 'object' && fields !== null;
    if (isOurs && LOG_LEVELS.includes(level as LogLevel))
      return { level: level as LogLevel, event, fields: fields as LogFields };
  } catch {
    // Not JSON: falls through to the line as text.
  }
  return { level: 'error', event: line, fields: {} };
}

/** Reads what children write to stderr, to its end: a child is dead before its last words have arrived. */
export class ChildLines {
  readonly #line: (source: string, line: ParsedLine) => void;
  readonly #silent: (source: string) => void;
  readonly #open = new Set<Promise<void>>();

  /** `silent`: a life of this source has said its last words. */
  constructor(
    line: (source: string, line: ParsedLine) => void,
    silent: (source: string) => void = () => undefined,
  ) {
    this.#line = line;
    this.#silent = silent;
  }

  read(source: string, output: NodeJS.ReadableStream): void {
    const splitter = new LineSplitter((text) => this.#line(source, parseChildLine(text)));
    const ended = new Promise<void>((resolve) => {
      output.on('data', (piece: Uint8Array) => splitter.push(piece));
      for (const event of ['end', 'close', 'error']) output.on(event, () => resolve());
    }).then(() => {
      splitter.end();
      this.#silent(source);
      this.#open.delete(ended);
    });
    this.#open.add(ended);
  }

  /** Resolves when everybody who was read has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#open);
  }
}

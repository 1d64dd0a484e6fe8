import { Buffer } from 'node:buffer';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { StreamMessage } from '../market-source.ts';

/**
 * Writes every sent message to a file, `<sent ns> <stream> <combined envelope>` a line, once however many connections
 * got it. What a flush has written survives the end of the process. The file is truncated when it is opened.
 */
export class SentLog {
  readonly #file: number;
  #pending: Buffer[] = [];

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  add(message: StreamMessage, sentAtMs: number): void {
    const sentAtNs = BigInt(Math.round(sentAtMs * 1000)) * 1000n;
    this.#pending.push(Buffer.from(`${sentAtNs} ${message.stream} `), message.frame, LINE_END);
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}

const LINE_END = Buffer.from('\n');

import type { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sink, SinkOpened } from '@org/storage';
import type { CsvSinkStats } from '@org/storage-csv';
import { replaceFile } from './durable-file.ts';

const NAME = '.collector.json';

/**
 * The sink of a collector, whose rows are written elsewhere: it stores no rows, only how far the journal was merged and
 * what the merge knew there. So gaps, repairs and snapshots are looked after where the exchange can be asked for them.
 * What it lost is no harm: the merge begins anew with what the journal has.
 */
export class PositionSink implements Sink {
  readonly name = 'positions';
  readonly #path: string;
  #position = 0;
  #state: string | undefined;

  constructor(outputPath: string) {
    this.#path = join(outputPath, NAME);
  }

  async open(): Promise<SinkOpened> {
    const saved = parse(await readFile(this.#path, 'utf8').catch(() => ''));
    this.#position = saved?.position ?? 0;
    this.#state = saved?.state;
    return { position: this.#position, state: this.#state, isPositionLost: false, repairs: [] };
  }

  append(_batch: Buffer, position: number): Promise<void> {
    this.#position = position;
    return Promise.resolve();
  }

  async commit(state?: string): Promise<number> {
    this.#state = state ?? this.#state;
    const position = this.#position;
    await replaceFile(this.#path, `${JSON.stringify({ position, state: this.#state })}\n`);
    return position;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Rows are counted where they are stored. */
  stats(): CsvSinkStats {
    return { records: 0, rows: 0, bytes: 0, rejected: 0, openings: { written: 0, rows: 0, missing: 0 } };
  }
}

function parse(text: string): { readonly position: number; readonly state: string | undefined } | undefined {
  try {
    const { position, state } = JSON.parse(text) as { position?: unknown; state?: unknown };
    if (!Number.isSafeInteger(position) || (position as number) < 0) return undefined;
    return { position: position as number, state: typeof state === 'string' ? state : undefined };
  } catch {
    return undefined;
  }
}

import { FlowError } from '@org/flow';
import type { TailEntry, TailRequest, TailSource, TailStart } from '@org/flow';

/** A log in memory, in which every entry takes 100 positions. */
export class HandLog {
  readonly entries: TailEntry[] = [];
  /** Where the log begins and ends. */
  oldest = 0;
  end = 0;
  /** How far any reader has read, and how often one came. */
  readTo = 0;
  follows = 0;
  failNext = false;
  #waiting: (() => void)[] = [];

  put(text: string, { lane = 'lane', epoch = 1 } = {}): number {
    this.end += 100;
    this.entries.push({ lane, epoch, position: this.end, payload: Buffer.from(text) });
    this.#wake();
    return this.end;
  }

  /** Lets go of what lies before. */
  forgetTo(position: number): void {
    this.oldest = this.entries.find((entry) => entry.position > position)!.position - 50;
    this.entries.splice(0, this.entries.findIndex((entry) => entry.position > this.oldest) + 1);
    this.oldest = this.entries[0]!.position - 100;
  }

  follow({ from = this.end }: TailRequest): TailStart {
    this.follows++;
    if (from > this.end) throw new FlowError('POSITION_UNKNOWN', `position ${from}`);
    const start = Math.max(from, this.oldest);
    return { from: start, isDamaged: from < this.oldest, source: this.#source(start) };
  }

  #source(from: number): TailSource {
    let position = from;
    let isClosed = false;
    return {
      next: async (bytesMax) => {
        if (this.failNext) {
          this.failNext = false;
          throw new Error('cannot be read');
        }
        for (;;) {
          if (isClosed) return [];
          const behind = this.entries.filter((entry) => entry.position > position);
          if (behind.length > 0) {
            let bytes = 0;
            const taken = behind.filter(
              ({ payload }, index) => (bytes += payload.length) <= bytesMax || index === 0,
            );
            position = taken.at(-1)!.position;
            this.readTo = Math.max(this.readTo, position);
            return taken;
          }
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
        }
      },
      close: () => {
        isClosed = true;
        this.#wake();
        return Promise.resolve();
      },
    };
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

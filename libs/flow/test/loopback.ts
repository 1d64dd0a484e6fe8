import { BatchReceiver, BatchSender } from '@org/flow';
import type { BatchReceiverOptions, BatchSenderOptions, ReceivedBatch } from '@org/flow';
import { TemporarySockets } from './temporary-sockets.ts';

/** Senders and receivers on one socket, which is another one in each test. */
export class Loopback {
  readonly sockets = new TemporarySockets();
  socketPath = '';

  next(): void {
    this.socketPath = this.sockets.next();
  }

  sender(options: Partial<BatchSenderOptions> = {}): BatchSender {
    const defaults = { lane: 'a', epoch: 1, queueBytesMax: 1024 * 1024, reconnectDelayMs: 2 };
    const made = this.sockets.closing(
      new BatchSender({ socketPath: this.socketPath, ...defaults, ...options }),
    );
    made.start();
    return made;
  }

  async receiver(
    batch: (received: ReceivedBatch) => Promise<void> | void,
    options: Partial<BatchReceiverOptions> = {},
  ): Promise<BatchReceiver> {
    const handlers = { batch: async (received: ReceivedBatch) => batch(received), ...options.handlers };
    const made = this.sockets.closing(
      new BatchReceiver({ socketPath: this.socketPath, ...options, handlers }),
    );
    await made.listen();
    return made;
  }
}

export const send = (to: BatchSender, ...texts: string[]): boolean[] =>
  texts.map((each) => to.send(Buffer.from(each)));

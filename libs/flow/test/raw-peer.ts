import { connect } from 'node:net';
import type { Socket } from 'node:net';

/*
 * The wire format once more, written by hand: a test that used the library's own encoder could not see it change.
 */
export function rawFrame(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.of(type), ...parts]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([length, body]);
}

export function f64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

export const rawHello = (lane: string, epoch: number, version = 1): Buffer =>
  rawFrame(1, Buffer.of(version), f64(epoch), Buffer.from(lane));
export const rawBatch = (seq: number, payload: string): Buffer => rawFrame(3, f64(seq), Buffer.from(payload));

/** A peer that writes whatever bytes it likes and notes what comes back. */
export class RawPeer {
  readonly socket: Socket;
  readonly ended: Promise<void>;
  received = Buffer.alloc(0);

  constructor(socketPath: string, options: { allowHalfOpen?: boolean } = {}) {
    this.socket = connect({ path: socketPath, ...options });
    this.socket.on('data', (chunk: Buffer) => (this.received = Buffer.concat([this.received, chunk])));
    this.socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Whole frames so far: type and body. */
  frames(): { type: number; body: Buffer }[] {
    const frames = [];
    for (let at = 0; at + 4 <= this.received.length;) {
      const length = this.received.readUInt32LE(at);
      frames.push({ type: this.received[at + 4]!, body: this.received.subarray(at + 5, at + 4 + length) });
      at += 4 + length;
    }
    return frames;
  }

  close(): void {
    this.socket.destroy();
  }
}

import { Buffer } from 'node:buffer';
import { readSafeInteger, writeSafeInteger } from '../format/safe-integer.ts';
import type { EpochState, LaneState } from './lane-table.ts';

/*
 * The table at the head of a segment: number of lanes (u32), then for each lane: bytes of its name (u16), number of
 * epochs (u16), the name, and for each epoch: epoch (8), seq (8), after damage (1).
 */
const EPOCH_BYTES = 17;

export function encodeLaneStates(states: readonly LaneState[]): Buffer {
  const parts = states.map(encodeLane);
  const count = Buffer.alloc(4);
  count.writeUInt32LE(states.length);
  return Buffer.concat([count, ...parts]);
}

function encodeLane({ lane, epochs }: LaneState): Buffer {
  const nameBytes = Buffer.byteLength(lane);
  const bytes = Buffer.alloc(4 + nameBytes + epochs.length * EPOCH_BYTES);
  bytes.writeUInt16LE(nameBytes, 0);
  bytes.writeUInt16LE(epochs.length, 2);
  bytes.write(lane, 4);
  epochs.forEach(({ epoch, seq, afterDamage }, index) => {
    const at = 4 + nameBytes + index * EPOCH_BYTES;
    writeSafeInteger(bytes, epoch, at);
    writeSafeInteger(bytes, seq, at + 8);
    bytes.writeUInt8(afterDamage ? 1 : 0, at + 16);
  });
  return bytes;
}

export function decodeLaneStates(bytes: Buffer): LaneState[] {
  const states: LaneState[] = [];
  let at = 4;
  for (let left = bytes.readUInt32LE(0); left > 0; left--) {
    const nameEnd = at + 4 + bytes.readUInt16LE(at);
    const epochs: EpochState[] = [];
    const end = nameEnd + bytes.readUInt16LE(at + 2) * EPOCH_BYTES;
    for (let next = nameEnd; next < end; next += EPOCH_BYTES) {
      const [epoch, seq] = [readSafeInteger(bytes, next), readSafeInteger(bytes, next + 8)];
      epochs.push({ epoch, seq, afterDamage: bytes.readUInt8(next + 16) === 1 });
    }
    states.push({ lane: bytes.toString('utf8', at + 4, nameEnd), epochs });
    at = end;
  }
  return states;
}

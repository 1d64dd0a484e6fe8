import type { DepthMessage } from '@org/storage-csv';
import { MomentGate } from '../src/moment-gate.ts';
import { parseMoment } from '../src/moment.ts';
import { BookReplay } from '../src/replay.ts';
import { diff, snapshot } from './support/messages.ts';
import { raw } from './support/raw.ts';

/** The book as of a moment: its last update id and state, or the reason why there is none. */
function stoppedAt(moment: string, messages: readonly DepthMessage[]): readonly unknown[] {
  const gate = new MomentGate(parseMoment(moment));
  const replay = new BookReplay('BTCUSDT');
  for (const message of messages) {
    const admission = gate.admit(raw(message), replay.state);
    if (admission === 'stop') break;
    if (admission === 'take') replay.take(raw(message));
  }
  return replay.noBookReason === undefined ? [replay.lastUpdateId, replay.state] : [replay.noBookReason];
}

const MESSAGES = [
  diff(0, [1, 5, 0]),
  diff(1, [6, 9, 5]),
  diff(2, [10, 12, 9]),
  snapshot(3, 9),
  diff(4, [13, 15, 12]),
  snapshot(5, 30),
  diff(6, [16, 20, 15]),
  diff(7, [40, 45, 39]),
  diff(8, [46, 50, 45]),
  snapshot(9, 47),
  diff(10, [51, 55, 50]),
];

describe('MomentGate', () => {
  it.each([
    ['u:4', ['no-message']],
    ['u:8', ['no-snapshot']],
    ['u:9', [9, 'live']],
    ['u:11', [9, 'live']],
    ['u:12', [12, 'live']],
    ['u:14', [12, 'live']],
    ['u:15', [15, 'live']],
    ['u:20', [20, 'live']],
    ['u:44', [20, 'live']],
    ['u:45', [20, 'buffering']],
    ['u:49', [47, 'waiting']],
    ['u:50', [50, 'live']],
    ['u:55', [55, 'live']],
    ['u:99', [55, 'live']],
  ])('stops at the last message that is not beyond %s', (moment, expected) => {
    expect(stoppedAt(moment, MESSAGES)).toEqual(expected);
  });

  it.each([
    ['2024-07-18T23:59:59', ['no-message']],
    ['2024-07-19T00:00:02', ['no-snapshot']],
    ['2024-07-19T00:00:02.999999', ['no-snapshot']],
    ['2024-07-19T00:00:03', [12, 'live']],
    ['2024-07-19T00:00:06', [20, 'live']],
    ['2024-07-19T00:00:08', [20, 'buffering']],
    ['2024-07-19T00:00:09', [50, 'live']],
    ['2024-07-20', [55, 'live']],
  ])('stops at the last message received by %s', (moment, expected) => {
    expect(stoppedAt(moment, MESSAGES)).toEqual(expected);
  });

  it('reads no further once no snapshot can be at or before the id', () => {
    const gate = new MomentGate(parseMoment('u:4'));
    expect(gate.admit(raw(diff(0, [1, 5, 0])), 'buffering')).toBe('skip');
    expect(gate.admit(raw(snapshot(1, 9)), 'buffering')).toBe('stop');
  });

  it('passes over a snapshot that is ahead of the stream', () => {
    const gate = new MomentGate(parseMoment('u:4'));
    expect(gate.admit(raw(snapshot(0, 9)), 'buffering')).toBe('skip');
    expect(gate.admit(raw(diff(1, [1, 4, 0])), 'buffering')).toBe('take');
  });

  it('takes everything without a moment', () => {
    expect(new MomentGate(undefined).admit(raw(snapshot(0, 9)), 'live')).toBe('take');
  });
});

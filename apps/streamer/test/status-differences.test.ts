import type { StreamReport, WorkerReport } from '../src/control/messages.ts';
import type { ChildState } from '../src/monitoring/recorder-status.ts';
import { StatusBoard } from '../src/monitoring/status-board.ts';

const line = (stream: string, events: number, more: Partial<StreamReport> = {}): StreamReport => ({
  stream,
  events,
  duplicates: 0,
  lastEventAtMs: events === 0 ? undefined : 900,
  alarm: undefined,
  ...more,
});

const report = (streams: StreamReport[], left?: string[]): WorkerReport => ({
  role: 'worker',
  rssBytes: 1,
  streams,
  ...(left === undefined ? {} : { left }),
  queues: [],
  rejectedMessages: 0,
  rejectedFrames: 0,
  reconnects: 0,
});

const ready = (id: string): ChildState => ({ id, role: 'worker', pid: 7, state: 'ready', restarts: 0 });
const board = (streams: string[], joined?: Set<string>) =>
  new StatusBoard(0, { symbolsOf: new Map(), streams, ...(joined === undefined ? {} : { joined }) });
const events = (subject: StatusBoard) => subject.streams(1000).map((one) => one.events);

describe('reports of what has changed', () => {
  it('are put together with what was told before', () => {
    const subject = board(['A@aggTrade', 'A@depth']);
    subject.report('w', report([line('A@aggTrade', 1), line('A@depth', 5)]), 1000);
    subject.report('w', report([line('A@depth', 7)]), 1000);
    expect(events(subject)).toEqual([1, 7]);
    expect(subject.deliver(['w'])).toBe(true);
    expect(subject.eventsBySymbol('w')).toEqual(new Map([['A', 8]]));
    subject.report('w', report([]), 2000);
    expect({ streams: events(subject), hasReported: subject.hasReported('w', 2000) }).toEqual({
      streams: [1, 7],
      hasReported: true,
    });
    expect(subject.hasReported('w', 2001)).toBe(false);
  });

  it('keep the counts of a stream that goes to another worker, and of one that is counted anew', () => {
    const subject = board(['A@aggTrade']);
    subject.report('w', report([line('A@aggTrade', 10)]), 1000);
    subject.report('v', report([line('A@aggTrade', 2, { lastOrder: 77 })]), 1000);
    expect(subject.carriedBy('v', 'A@aggTrade')?.lastOrder).toBe(77);
    subject.report('w', report([line('A@aggTrade', 11)], ['A@aggTrade']), 1000);
    expect(events(subject)).toEqual([13]);
    expect(subject.carriedBy('w', 'A@aggTrade')).toBeUndefined();
    subject.report('v', report([line('A@aggTrade', 1)]), 1000);
    expect(events(subject)).toEqual([14]);
    subject.ended('v');
    subject.ended('w');
    expect(events(subject)).toEqual([14]);
  });

  it('of symbols that joined keep nobody from being ready, until their first event is overdue', () => {
    const subject = board(['A@aggTrade', 'N@aggTrade'], new Set(['N']));
    const obstacles = () => subject.obstacles(1000, [ready('w')]);
    subject.report('w', report([line('A@aggTrade', 1), line('N@aggTrade', 0)]), 1000);
    expect(obstacles()).toEqual([]);
    expect(subject.status(1000, [ready('w')], false).state).toBe('healthy');
    subject.report('w', report([line('N@aggTrade', 0, { alarm: 'first-frame-missing' })]), 1000);
    expect(obstacles()).toEqual(['N@aggTrade: first-frame-missing']);
  });
});

describe('the state of a recorder whose books wait for their first snapshot', () => {
  it('is starting, and degraded once a book that was in sync has lost it', () => {
    const subject = board(['A@aggTrade']);
    subject.report('w', report([line('A@aggTrade', 1)]), 1000);
    const books = (...states: string[]) => {
      const all = states.map((state, index) => ({ symbol: `S${index}`, state, lastUpdateId: undefined }));
      subject.report(
        'o',
        { role: 'order-book', rssBytes: 1, books: all, queues: [], snapshotsWritten: 0 },
        1000,
      );
      return subject.status(1000, [ready('w')], false).state;
    };
    expect(books('buffering', 'buffering')).toBe('starting');
    expect(books('live', 'buffering')).toBe('starting');
    expect(books('live', 'live')).toBe('healthy');
    expect(books('live', 'buffering')).toBe('degraded');
  });
});

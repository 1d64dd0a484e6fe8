import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { childLog } from '../../src/logging/child-log.ts';
import { ChildLines, parseChildLine, type ParsedLine } from '../../src/logging/child-lines.ts';
import { LineSplitter } from '../../src/logging/line-splitter.ts';
import { TurnedClock } from './turned-clock.ts';

describe('a line that a child wrote', () => {
  it('is an event with its fields', () => {
    expect(parseChildLine('{"level":"warn","event":"GapDetected","fields":{"lastId":7,"level":"x"}}')).toEqual({
      level: 'warn', event: 'GapDetected', fields: { lastId: 7, level: 'x' },
    }); // prettier-ignore
  });

  it.each([
    '    at crash (file.js:1:2)', '{"level":"loud","event":"x","fields":{}}', '{"level":"warn","event":"x"}',
    '{"level":"warn","event":"x","fields":null}', '[1]', 'null', '',
  ])('is an error as it stands when it is %j', (line) => {
    expect(parseChildLine(line)).toEqual({ level: 'error', event: line, fields: {} });
  }); // prettier-ignore
});

describe('the lines of a child', () => {
  it('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (texts, cuts) => {
        const lines = texts.map((text) => text.replaceAll('\n', ' '));
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const found: string[] = [];
        const splitter = new LineSplitter((line) => found.push(line));
        for (let at = 0; at < bytes.length;) {
          const { value } = cuts.next() as { value: number };
          splitter.push(bytes.subarray(at, at + value));
          at += value;
        }
        splitter.end();
        expect(found).toEqual(lines.map((line) => Buffer.from(line).toString()));
      }),
    );
  });

  it('are cut where they are too long, and the next one is whole', () => {
    const found: string[] = [];
    const splitter = new LineSplitter((line) => found.push(line), 5);
    splitter.push(Buffer.from('0123456789'));
    splitter.push(Buffer.from('0123456789\nnext\nla'));
    splitter.end();
    expect(found).toEqual(['01234', 'next', 'la']);
  });

  it('are read to the end of the pipe, the unfinished last one too', async () => {
    const found: ParsedLine[] = [];
    const lines = new ChildLines((_, line) => found.push(line));
    const pipe = new PassThrough();
    lines.read('worker-1', pipe);
    pipe.write('{"level":"info","event":"A","fields":{}}\nFATAL ERROR: heap');
    pipe.end();
    await lines.ended();
    expect(found.map(({ event }) => event)).toEqual(['A', 'FATAL ERROR: heap']);
  });
});

describe('the log of a child', () => {
  function child() {
    const written: string[] = [];
    const output = { writableLength: 0, write: (text: string) => written.push(text), on: () => undefined };
    const clock = new TurnedClock();
    const events = (): string[] => written.map((line) => (JSON.parse(line) as ParsedLine).event);
    return { log: childLog('info', output, clock), output, clock, written, events };
  }

  it('is one line of JSON an event, with fields that JSON cannot say', () => {
    const { log, written } = child();
    log.warn('Odd', { level: 'mine', big: 1n, text: 'a\nb\u2028c' });
    log.debug('NotAsked');
    expect(written).toEqual([
      '{"level":"warn","event":"Odd","fields":{"level":"mine","big":"1","text":"a\\nb\\u2028c"}}\n',
    ]);
  });

  it('cuts a storm before it costs the pipe anything, and tells at the end of the window', () => {
    const { log, written, clock, events } = child();
    for (let count = 0; count < 5000; count++) log.warn('FrameMalformed', { stream: 'A@trade' });
    log.error('StoreFailed');
    expect(written.length).toBe(21);
    expect(events().at(-1)).toBe('StoreFailed');
    clock.advance(10_000);
    expect(parseChildLine(written.at(-1)!)).toEqual({
      level: 'warn', event: 'Suppressed',
      fields: { event: 'FrameMalformed', count: 4980, stream: 'A@trade', windowMs: 10_000 },
    }); // prettier-ignore
    expect(clock.timers).toBe(0);
  });

  it('drops lines while the primary reads nothing, and says how many when it does', () => {
    const { log, output, events, written } = child();
    output.writableLength = 2_000_000;
    for (let count = 0; count < 15; count++) log.info('Unheard');
    output.writableLength = 0;
    log.info('Heard');
    expect(events()).toEqual(['LogLinesLost', 'Heard']);
    expect(written[0]).toContain('"count":15');
  });
});

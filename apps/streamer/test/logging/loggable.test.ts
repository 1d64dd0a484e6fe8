import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { jsonLine, loggable, loggableText, printable, TEXT_MAX } from '../../src/logging/loggable.ts';

describe('what is logged', () => {
  it('is one line of printable JSON that says the same, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withDate: true })), (fields) => {
        const text = jsonLine(loggable(fields));
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(loggable(fields))));
      }),
    );
  });

  it('is short, however long a payload is', () => {
    const frame = 'x'.repeat(1_000_000);
    const fields = { frame, bytes: Buffer.alloc(1_000_000, 65), list: new Array<string>(10_000).fill(frame) };
    expect(jsonLine(loggable(fields)).length).toBeLessThan(60 * TEXT_MAX);
    expect(loggable({ bytes: Buffer.alloc(500, 65) })).toEqual({ bytes: `${'A'.repeat(200)}… (500 bytes)` });
  });

  it('has no secret, by name or by form', () => {
    const fields = {
      apiKey: 'k', 'X-MBX-APIKEY': 'k', password: 'p', nested: { authorization: 'Bearer b' },
      url: 'https://user:pass@host/x?symbol=A&signature=abc&listenKey=def',
    }; // prettier-ignore
    const text = jsonLine(loggable(fields));
    expect(text).not.toMatch(/"k"|"p"|Bearer|user|pass@|abc|def/);
    expect(text).toContain('symbol=A');
  });

  it.each([
    ['an escape sequence', '\u001b[31mred\u001b[0m'],
    ['a line separator', 'a\u2028b'],
    ['text that runs backwards', '\u202eevil'],
    ['half a character', '\ud800'],
    ['a second line', 'a\nINFO forged'],
  ])('shows %s as its escapes', (_, text) => {
    expect(printable(text)).toMatch(/\\u[\da-f]{4}/);
    expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  it('keeps the letters of symbols that are not ASCII', () => {
    expect(jsonLine(loggable({ stream: '币安人生USDT@depth' }))).toBe('{"stream":"币安人生USDT@depth"}');
    expect(loggableText('币安人生USDT')).toBe('币安人生USDT');
  });

  it('survives what cannot be said: circles, depth, getters that throw, numbers that are none', () => {
    const circle: Record<string, unknown> = { n: 1n, nan: NaN };
    circle['self'] = circle;
    Object.defineProperty(circle, 'bad', { enumerable: true, get: () => { throw new Error('no'); } }); // prettier-ignore
    expect(loggable({ circle })).toEqual({ circle: '[unreadable]' });
    const deep = { a: { b: { c: { d: { e: 1 } } } }, self: [] as unknown[], n: 1n, nan: NaN };
    deep.self.push(deep);
    expect(loggable(deep)).toEqual({
      a: { b: { c: { d: '[deeper]' } } }, self: ['[circular]'], n: '1', nan: 'NaN',
    }); // prettier-ignore
  });
});

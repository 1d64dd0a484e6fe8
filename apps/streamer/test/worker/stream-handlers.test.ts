import type { StreamRef } from '@org/binance-client';
import { leveledLog } from '../../src/logging/child-log.ts';
import { streamHandlers } from '../../src/worker/stream-handlers.ts';
import type { SymbolRecorder } from '../../src/worker/symbol-recorder.ts';

const ref = (symbol: string): StreamRef => ({
  key: `${symbol}@aggTrade`,
  name: `${symbol.toLowerCase()}@aggTrade`,
  symbol,
  stream: 'aggTrade',
});

/** Recorders that note what they are told. */
function bench(...symbols: string[]) {
  const told: string[] = [];
  const recorder = {
    doubt: (key: string, reason: string) => told.push(`doubt ${key} ${reason}`),
    alarm: (key: string, problem: string | undefined) => told.push(`alarm ${key} ${problem}`),
    ended: (key: string, id: number, how: string) => told.push(`ended ${key} ${id} ${how}`),
  } as unknown as SymbolRecorder;
  const recorders = new Map(symbols.map((symbol) => [symbol, recorder]));
  return { told, recorders, handlers: streamHandlers(recorders, leveledLog(() => undefined), () => told.push('reconnected')) }; // prettier-ignore
}

const malformed = { connectionId: 1, problem: 'not-json', stream: undefined, bytes: Buffer.from('{'), receivedAtUs: 1 } as const; // prettier-ignore

describe('a message that no stream can be given', () => {
  it('casts doubt on every stream of its connection, those included that were added while it was open', () => {
    const { told, handlers } = bench('A', 'B', 'C');
    handlers.opened!({ connectionId: 1, route: 'market', streams: [ref('A')] });
    handlers.acknowledged!({ connectionId: 1, streams: [ref('B')] });
    handlers.acknowledged!({ connectionId: 2, streams: [ref('C')] });
    handlers.malformed!(malformed);
    expect(told).toEqual(['doubt A@aggTrade malformed', 'doubt B@aggTrade malformed']);
  });

  it('casts none on a symbol that is recorded here no more', () => {
    const { told, recorders, handlers } = bench('A', 'B');
    handlers.opened!({ connectionId: 1, route: 'market', streams: [ref('A'), ref('B')] });
    recorders.delete('A');
    handlers.malformed!(malformed);
    expect(told).toEqual(['doubt B@aggTrade malformed']);
  });
});

describe('a silent stream', () => {
  it('is told to its recorder when it falls silent and when it speaks again', () => {
    const { told, handlers } = bench('A');
    const event = { stream: ref('A'), silentMs: 1, limitMs: 1, connectionId: 1 };
    handlers.alarm!({ type: 'silent', ...event });
    handlers.cleared!({ stream: ref('A'), connectionId: 1, silentMs: 2 });
    expect(told).toEqual(['alarm A@aggTrade silent', 'alarm A@aggTrade undefined']);
  });
});

import { Buffer } from 'node:buffer';

export const TRADES = 'BTCUSDT@aggTrade';
export const DEPTH = 'BTCUSDT@depth@0ms';
export const BARS = 'BTCUSDT@kline_1m';

/** Frames of one symbol, as the exchange sends them; `id` counts the events of the stream. */
export const FRAMES: Readonly<Record<string, (id: number) => Buffer>> = {
  [TRADES]: (id) =>
    enveloped('btcusdt@aggTrade', { e: 'aggTrade', E: 1000 + id, s: 'BTCUSDT', a: id, p: '1', q: '2', f: id, l: id, T: 1, m: true }),
  [DEPTH]: (id) =>
    enveloped('btcusdt@depth@0ms', { e: 'depthUpdate', E: 1000 + id, T: 1, s: 'BTCUSDT', U: id * 10 + 1, u: id * 10 + 10, pu: id * 10, b: [], a: [] }),
  [BARS]: (id) =>
    enveloped('btcusdt@kline_1m', { e: 'kline', E: 1000 + id, s: 'BTCUSDT', k: { t: 0, T: 59999, s: 'BTCUSDT', i: '1m', f: 1, L: id, o: '1', c: '1', h: '1', l: '1', v: '1', n: id, x: false, q: '1', V: '1', Q: '1', B: '0' } }),
}; // prettier-ignore

function enveloped(stream: string, data: object): Buffer {
  return Buffer.from(JSON.stringify({ stream, data }));
}

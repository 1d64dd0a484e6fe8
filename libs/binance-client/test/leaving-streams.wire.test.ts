import { eventually } from './eventually.ts';
import { exchange, key, start, streams } from './stream-bench.ts';

const STAYS = 'AUSDT@aggTrade';
const GOES = 'BUSDT@aggTrade';

describe('a stream that is told to end', () => {
  it('may deliver until that is confirmed: what comes is counted as late and is no fault', async () => {
    exchange.feed('ausdt@aggTrade', 5);
    const confirmations: (() => void)[] = [];
    exchange.answer = ({ method, id }, connection) => {
      const answer = JSON.stringify({ result: null, id });
      if (method === 'SUBSCRIBE') return answer;
      confirmations.push(() => connection.send(answer));
      return undefined;
    };
    const log = start([STAYS, GOES]);
    await eventually(() => log.ids(STAYS).length > 0);
    const [connection] = exchange.connections;
    connection!.data('busdt@aggTrade', { u: 1 });
    await eventually(() => log.ids(GOES).length === 1);

    streams!.unsubscribe([key(GOES)]);
    await eventually(() => confirmations.length === 1);
    connection!.data('busdt@aggTrade', { u: 2 });
    await eventually(() => streams!.counters().late === 1);
    expect({ rejections: log.rejections, ids: log.ids(GOES) }).toEqual({ rejections: [], ids: [1] });

    confirmations[0]!();
    connection!.data('busdt@aggTrade', { u: 3 });
    await eventually(() => log.rejections.length === 1);
    expect(log.rejections[0]).toMatchObject({ problem: 'unroutable', stream: 'busdt@aggTrade' });
    expect(exchange.connections).toHaveLength(1);
  });

  it('delivers again when it is asked for again before that is confirmed', async () => {
    exchange.feed('ausdt@aggTrade', 5);
    exchange.feed('busdt@aggTrade', 5);
    const log = start([STAYS, GOES]);
    await eventually(() => log.ids(GOES).length > 0);
    streams!.unsubscribe([key(GOES)]);
    streams!.subscribe([key(GOES)]);
    const seen = log.ids(GOES).length;
    await eventually(() => exchange.connections[0]!.messages.length === 3 && log.ids(GOES).length > seen + 5);
    expect(log.rejections).toEqual([]);
    expect(log.ids(STAYS).every((id, index, ids) => index === 0 || id === ids[index - 1]! + 1)).toBe(true);
  });
});

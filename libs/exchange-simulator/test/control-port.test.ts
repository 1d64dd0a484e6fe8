import { startExchange } from '@org/exchange-simulator';
import type { Exchange, SentReport } from '@org/exchange-simulator';
import { get, StreamClient } from './stream-client.ts';

const started: Exchange[] = [];

async function start(control: boolean): Promise<Exchange> {
  const exchange = await startExchange({ symbols: ['BTCUSDT'], tempo: { levels: 100 }, control });
  started.push(exchange);
  return exchange;
}

async function post(exchange: Exchange, body: string): Promise<{ status: number; json: unknown }> {
  const answer = await fetch(`${exchange.restUrl}/simulator/faults`, { method: 'POST', body });
  return { status: answer.status, json: await answer.json() };
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((exchange) => exchange.stop()));
});

describe('the control port', () => {
  it('plans one fault, a list, and the object of a script', async () => {
    const exchange = await start(true);
    const client = await StreamClient.connect(exchange, '/public/stream?streams=btcusdt@depth@0ms');
    const later = { fault: 'cut', at: '1h' };
    expect(await post(exchange, JSON.stringify([later, { fault: 'rest5xx', count: 2 }]))).toEqual({
      status: 202,
      json: { accepted: 2 },
    });
    expect(await post(exchange, JSON.stringify({ faults: [later] }))).toEqual({
      status: 202,
      json: { accepted: 1 },
    });
    expect((await post(exchange, '{"fault":"close","code":4007}')).status).toBe(202);
    expect((await client.closed).code).toBe(4007);
    expect((await get(exchange, '/fapi/v1/time')).status).toBe(503);
    expect(exchange.report().faults).toEqual({ rest5xx: 1, close: 1 });
  });

  it('refuses a list with a mistake as a whole, and text that is no JSON', async () => {
    const exchange = await start(true);
    const answer = await post(exchange, '[{"fault":"rest5xx"},{"fault":"silence"}]');
    expect(answer).toEqual({
      status: 400,
      json: { code: 'FAULTS_INVALID', issues: [expect.stringContaining('[1].duration')] },
    });
    expect((await post(exchange, '{"fault":"explode"}')).status).toBe(400);
    expect((await post(exchange, '- { fault: cut }')).status).toBe(400);
    expect((await post(exchange, `"${'x'.repeat(300_000)}"`)).status).toBe(413);
    expect(exchange.report().faults).toEqual({});
  });

  it('tells the report, and neither counts nor meets a fault', async () => {
    const exchange = await start(true);
    await get(exchange, '/fapi/v1/ping');
    await post(exchange, '{"fault":"rest418"}');
    expect((await get(exchange, '/fapi/v1/ping')).status).toBe(418);
    const { status, json } = await get<SentReport>(exchange, '/simulator/report');
    expect(status).toBe(200);
    expect(json).toMatchObject({ faults: { rest418: 1 }, books: [{ symbol: 'BTCUSDT' }] });
    expect(json.rest.map(({ path }) => path)).toEqual(['/fapi/v1/ping', '/fapi/v1/ping']);
  });

  it('is not there unless it was asked for', async () => {
    const exchange = await start(false);
    expect((await post(exchange, '{"fault":"cut"}')).status).toBe(404);
    expect((await get(exchange, '/simulator/report')).status).toBe(404);
    expect(exchange.report().faults).toEqual({});
  });
});

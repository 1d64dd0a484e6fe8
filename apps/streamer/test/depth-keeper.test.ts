import { Buffer } from 'node:buffer';
import { DepthKeeper } from '../src/worker/depth-keeper.ts';

/** Timers that run when told to. */
function manualClock() {
  let nowMs = 0;
  let timers: { atMs: number; run: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    setTimeout: (run: () => void, delayMs: number) => {
      const timer = { atMs: nowMs + delayMs, run };
      timers.push(timer);
      return timer;
    },
    clearTimeout: (timer: unknown) => void (timers = timers.filter((other) => other !== timer)),
    pending: () => timers.length,
    async advance(byMs: number) {
      nowMs += byMs;
      const due = timers.filter(({ atMs }) => atMs <= nowMs);
      timers = timers.filter(({ atMs }) => atMs > nowMs);
      for (const { run } of due) run();
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const diff = (pu: number, u: number) => ({
  firstUpdateId: pu + 1,
  finalUpdateId: u,
  previousFinalUpdateId: pu,
});

/** A keeper whose exchange answers with these ids, an Error standing for a refusal. */
function keeperWith(...answers: (number | Error | Promise<never>)[]) {
  return keeperOn(0, answers);
}

function keeperOn(line: number, answers: readonly (number | Error | Promise<never>)[]) {
  const clock = manualClock();
  const stored: string[] = [];
  const failures: number[] = [];
  const delays: number[] = [];
  let asked = 0;
  const keeper = new DepthKeeper({
    symbol: 'BTCUSDT',
    fetchesUnasked: line === 0,
    clock,
    fetchSnapshot: () => {
      const answer = answers[asked++] ?? new Error('not asked for');
      if (answer instanceof Promise) return answer;
      return answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve({ body: Buffer.from(`snapshot ${answer}`), lastUpdateId: answer });
    },
    storeSnapshot: (body) => stored.push(body.toString()),
    failed: (_error, retryInMs) => failures.push(retryInMs),
    delayed: (waitedMs) => delays.push(waitedMs),
  });
  return { keeper, clock, stored, failures, delays, asked: () => asked };
}

describe('the keeper of a depth stream', () => {
  it('asks once for a snapshot, however many diffs wait for it', async () => {
    const { keeper, stored, asked } = keeperWith(12);
    for (const [pu, u] of [[9, 10], [10, 12], [12, 15]] as const) keeper.diff(diff(pu, u)); // prettier-ignore
    await settled();
    expect({ asked: asked(), stored, state: keeper.state }).toEqual({
      asked: 1,
      stored: ['snapshot 12'],
      state: 'live',
    });
  });

  it('asks again when the ids break', async () => {
    const { keeper, stored } = keeperWith(10, 30);
    keeper.diff(diff(9, 10));
    await settled();
    keeper.diff(diff(10, 20));
    keeper.diff(diff(25, 30));
    await settled();
    expect({ stored, state: keeper.state }).toEqual({
      stored: ['snapshot 10', 'snapshot 30'],
      state: 'live',
    });
  });

  it('waits before it asks again for a snapshot that lies behind the stream', async () => {
    const { keeper, clock, asked } = keeperWith(5, 11);
    keeper.diff(diff(9, 10));
    await settled();
    expect({ asked: asked(), state: keeper.state }).toEqual({ asked: 1, state: 'buffering' });
    await clock.advance(249);
    expect(asked()).toBe(1);
    await clock.advance(1);
    keeper.diff(diff(10, 12));
    expect({ asked: asked(), state: keeper.state }).toEqual({ asked: 2, state: 'live' });
  });

  it('tries again after a failure, later each time, and says when', async () => {
    const { keeper, clock, failures } = keeperWith(new Error('a'), new Error('b'), new Error('c'), 10);
    keeper.diff(diff(9, 10));
    await settled();
    for (let attempt = 0; attempt < 3; attempt++) await clock.advance(10_000);
    expect({ failures, state: keeper.state }).toEqual({ failures: [250, 500, 1000], state: 'live' });
  });

  it('fulfils a wish, unless a snapshot has just been stored or is on its way', async () => {
    const { keeper, clock, asked } = keeperWith(10, 20);
    keeper.wish();
    keeper.wish();
    await settled();
    keeper.wish();
    expect(asked()).toBe(1);
    await clock.advance(3001);
    keeper.wish();
    await settled();
    expect(asked()).toBe(2);
  });

  it('neither asks nor stores once it is stopped', async () => {
    const { keeper, clock, stored } = keeperWith(10);
    keeper.diff(diff(9, 10));
    keeper.stop();
    await settled();
    keeper.request();
    expect({ stored, timers: clock.pending() }).toEqual({ stored: [], timers: 0 });
  });

  it('says that an answer is late, now and then, and nothing more once it is stopped', async () => {
    const { keeper, clock, delays } = keeperWith(new Promise<never>(() => undefined));
    keeper.diff(diff(9, 10));
    await clock.advance(4999);
    expect(delays).toEqual([]);
    await clock.advance(1);
    await clock.advance(50_000);
    expect(delays).toEqual([5000, 55_000]);
    keeper.stop();
    expect(clock.pending()).toBe(0);
  });

  it('asks on the lines beside the first only when somebody wishes a snapshot', async () => {
    const { keeper, asked, stored } = keeperOn(1, [15]);
    keeper.diff(diff(10, 20));
    keeper.subscribed();
    keeper.diff(diff(30, 40));
    await settled();
    expect(asked()).toBe(0);
    keeper.wish();
    await settled();
    expect({ asked: asked(), stored }).toEqual({ asked: 1, stored: ['snapshot 15'] });
    keeper.stop();
  });
});

import { FeedPublisher, FeedSubscriber } from '@org/flow';
import type { FeedPublisherOptions, FeedSubscriberOptions } from '@org/flow';
import { rawFrame, RawPeer } from './raw-peer.ts';
import { eventually, gate, TemporarySockets } from './temporary-sockets.ts';

const sockets = new TemporarySockets();
let socketPath = '';
beforeEach(() => (socketPath = sockets.next()));
afterEach(() => sockets.closeAll());
afterAll(() => sockets.remove());

async function publisher(options: Partial<FeedPublisherOptions> = {}): Promise<FeedPublisher> {
  const made = sockets.closing(new FeedPublisher({ socketPath, ...options }));
  await made.listen();
  return made;
}

interface Follower {
  readonly subscriber: FeedSubscriber;
  readonly payloads: string[];
  readonly reasons: string[];
}

function follow(payload?: FeedSubscriberOptions['handlers']['payload']): Follower {
  const payloads: string[] = [];
  const reasons: string[] = [];
  const handlers: FeedSubscriberOptions['handlers'] = {
    payload: (bytes) => {
      payloads.push(bytes.toString());
      return payload?.(bytes);
    },
    disconnected: (reason) => reasons.push(reason),
  };
  const subscriber = sockets.closing(new FeedSubscriber({ socketPath, reconnectDelayMs: 2, handlers }));
  subscriber.start();
  return { subscriber, payloads, reasons };
}

const subscribed = (to: FeedPublisher, count: number): Promise<void> =>
  eventually(() => to.stats().subscribers === count, `${count} subscribers`);

describe('a feed', () => {
  it('brings every payload to every subscriber, in order', async () => {
    const to = await publisher();
    const followers = [follow(), follow()];
    await subscribed(to, 2);
    const sent = Array.from({ length: 200 }, (_, index) => `payload ${index}`.repeat(index));
    for (const each of sent) to.publish(Buffer.from(each));
    await eventually(
      () => followers.every(({ payloads }) => payloads.length === sent.length),
      'all payloads',
    );
    for (const { payloads } of followers) expect(payloads).toEqual(sent);
    expect(to.stats()).toMatchObject({ subscribers: 2, payloads: 200, laggedSubscribers: 0 });
  });

  it('delivers what was published before it closes, and says that it closes', async () => {
    const to = await publisher();
    const { payloads, reasons } = follow();
    await subscribed(to, 1);
    const large = 'x'.repeat(1_000_000);
    to.publish(Buffer.from(large));
    to.publish(Buffer.from('last'));
    await to.close();
    await eventually(() => reasons.length === 1, 'the end');
    expect(payloads.map((each) => each.length)).toEqual([large.length, 4]);
    expect(reasons).toEqual(['closing']);
    await expect(to.listen()).rejects.toMatchObject({ code: 'QUEUE_CLOSED' });
  });

  it('is followed again after the publisher came back', async () => {
    const first = await publisher();
    const { payloads, reasons } = follow();
    await subscribed(first, 1);
    first.publish(Buffer.from('one'));
    await first.close();
    const second = await publisher();
    await subscribed(second, 1);
    second.publish(Buffer.from('two'));
    await eventually(() => payloads.length === 2, 'the second payload');
    expect([payloads, reasons]).toEqual([['one', 'two'], ['closing']]);
  });

  it('cuts a subscriber that lags, tells it why, and lets the others be', async () => {
    const unsubscribed: string[] = [];
    const to = await publisher({
      bufferBytesMax: 1_000_000,
      handlers: { unsubscribed: (_subscriber, reason) => unsubscribed.push(reason) },
    });
    const hang = gate();
    const slow = follow(() => hang.passed);
    const fast = follow();
    await subscribed(to, 2);
    const payload = Buffer.alloc(50_000);
    let longestMs = 0;
    for (let index = 0; index < 100; index++) {
      const beforeMs = performance.now();
      to.publish(payload);
      longestMs = Math.max(longestMs, performance.now() - beforeMs);
      expect(to.stats().bufferedBytes).toBeLessThanOrEqual(1_000_000);
      await eventually(() => fast.payloads.length === index + 1, `payload ${index} at the fast subscriber`);
    }
    expect(fast.reasons).toEqual([]);
    expect(unsubscribed).toEqual(['lagged']);
    expect(to.stats()).toMatchObject({ subscribers: 1, laggedSubscribers: 1 });
    expect(longestMs).toBeLessThan(500);
    hang.open();
    await eventually(() => slow.reasons.length === 1, 'the slow subscriber to hear of it');
    expect(slow.reasons).toEqual(['lagged']);
    // What waited for it was let go of: it got what the socket had, and the word.
    expect(slow.payloads.length).toBeLessThan(16);
    await subscribed(to, 2);
    to.publish(Buffer.from('back'));
    await eventually(() => slow.payloads.at(-1) === 'back', 'a payload after the cut');
  });

  it('counts payloads without bytes against the limit as well', async () => {
    const to = await publisher({ bufferBytesMax: 600_000 });
    const peer = sockets.closing(new RawPeer(socketPath));
    await peer.write(rawFrame(5, Buffer.of(1)));
    await subscribed(to, 1);
    peer.socket.pause();
    for (let index = 0; index < 200_000; index++) to.publish(Buffer.alloc(0));
    expect(to.stats().laggedSubscribers).toBe(1);
  });

  it('hands over one payload at a time to a subscriber that makes it wait', async () => {
    const to = await publisher();
    let inside = 0;
    let most = 0;
    const { payloads } = follow(async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    });
    await subscribed(to, 1);
    for (let index = 0; index < 50; index++) to.publish(Buffer.from(`${index}`));
    await eventually(() => payloads.length === 50, 'all payloads');
    expect(most).toBe(1);
    expect(payloads).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`));
  });

  it.each<[string, string, number, Buffer]>([
    ['says another version', 'VERSION_MISMATCH', 5, rawFrame(5, Buffer.of(9))],
    [
      'subscribes twice',
      'FRAME_CORRUPT',
      4,
      Buffer.concat([rawFrame(5, Buffer.of(1)), rawFrame(5, Buffer.of(1))]),
    ],
    ['sends a payload', 'FRAME_CORRUPT', 4, rawFrame(6, Buffer.from('x'))],
    ['sends too much', 'FRAME_TOO_LARGE', 4, Buffer.alloc(65, 255)],
  ])('closes only the connection that %s', async (_what, code, reason, bytes) => {
    const errors: string[] = [];
    const to = await publisher({ handlers: { failed: (error) => errors.push(error.code) } });
    const { payloads } = follow();
    await subscribed(to, 1);
    const bad = new RawPeer(socketPath);
    await bad.write(bytes);
    await bad.ended;
    expect(errors).toEqual([code]);
    expect(bad.frames().at(-1)).toEqual({ type: 7, body: Buffer.of(reason) });
    to.publish(Buffer.from('still there'));
    await eventually(() => payloads.length === 1, 'the payload');
    expect(to.stats().subscribers).toBe(1);
  });

  it('closes while somebody is connected who never subscribed', async () => {
    const to = await publisher();
    const silent = new RawPeer(socketPath);
    await new Promise((resolve) => silent.socket.once('connect', resolve));
    await to.close();
    await silent.ended;
    expect(to.stats().subscribers).toBe(0);
  });
});

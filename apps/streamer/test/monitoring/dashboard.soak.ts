import { whileRecording } from '../process/generated-exchange.ts';
import { eventually, type Recorder } from '../process/recorder.ts';
import { openBrowser, openPage, picture, rowOrder, symbolCell } from './browser.ts';
import { chromium, itWith } from './tools.ts';

const maybe = itWith(chromium, 'Chromium');

describe('the dashboard of a recorder at work', () => {
  maybe(
    'shows the rates that the status tells, and the books',
    async () => {
      await whileRecording({ symbols: ['BTCUSDT', '币安人生USDT'] }, async ({ recorder }) => {
        await recorder.statusWhen(
          ({ state, books }) => state === 'healthy' && books.every((book) => book.state === 'live'),
        );
        await looksAtPage(recorder);
      });
    },
    90_000,
  );
});

interface Told {
  readonly observedAt: string;
  readonly streams: readonly { readonly stream: string; readonly events: number }[];
}

/** Events of a symbol a second, between two statuses; NaN when there are not two. */
function rateOf(before: Told | undefined, after: Told | undefined): number {
  if (before === undefined || after === undefined) return NaN;
  const eventsOf = ({ streams }: Told): number =>
    streams
      .filter(({ stream }) => stream.startsWith('BTCUSDT@'))
      .reduce((total, each) => total + each.events, 0);
  return (
    (eventsOf(after) - eventsOf(before)) /
    ((Date.parse(after.observedAt) - Date.parse(before.observedAt)) / 1000)
  );
}

/** The rate on the page is the difference of two statuses that the page was given, over the time between them. */
async function looksAtPage(recorder: Recorder): Promise<void> {
  const browser = await openBrowser();
  try {
    const { page, misdeeds } = await openPage(browser, await recorder.url());
    const told: Told[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('/status')) void response.json().then((status: Told) => told.push(status));
    });
    let shown = '';
    let rate = NaN;
    await eventually(
      async () => {
        shown = await symbolCell(page, 'BTCUSDT', 'eventsPerSecond').catch(() => '–');
        rate = rateOf(told.at(-2), told.at(-1));
        return shown !== '–' && Math.abs(Number(shown) - rate) <= (rate >= 100 ? 0.51 : 0.051);
      },
      () => `the page shows ${shown}, the status says ${rate}`,
      30_000,
    );
    expect(await rowOrder(page)).toEqual(['BTCUSDT', '币安人生USDT']);
    expect(Number(await symbolCell(page, 'BTCUSDT', 'spread'))).toBeGreaterThan(0);
    await picture(page, 'dashboard-live');
    expect(misdeeds).toEqual({ errors: [], strangers: [] });
  } finally {
    await browser.close();
  }
}

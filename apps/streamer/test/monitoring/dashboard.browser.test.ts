import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type MonitoringServer, startMonitoring } from '../../src/monitoring/http-server.ts';
import type { LiveStatus } from '../../src/monitoring/monitoring-desk.ts';
import { hasRates, type Misdeeds, openBrowser, openPage, picture, rowOrder, symbolCell } from './browser.ts';
import { toldSources, toldStatus } from './told-status.ts';
import { chromium, itWith } from './tools.ts';

const maybe = itWith(chromium, 'Chromium');
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', '1000PEPEUSDT', '币安人生USDT', 'AUSDT'];
const RATES = [120, 75, 3, 40, 0];

/** A recorder of which every symbol has a rate of its own. */
class ToldRecorder {
  isBroken = false;
  readonly #more: Record<string, unknown>;
  readonly #startedAtMs = Date.now();

  constructor(more: Record<string, unknown> = {}) {
    this.#more = more;
  }

  readonly status = (): Promise<LiveStatus> => {
    if (this.isBroken) return Promise.reject(new Error('broken'));
    const nowMs = Date.now();
    const status = toldStatus(SYMBOLS);
    const streams = status.streams.map((stream, index) => ({
      ...stream,
      events: Math.floor(1000 + ((nowMs - this.#startedAtMs) / 1000) * RATES[index]!),
      gaps: index === 2 ? 4 : 0,
      alarm: index === 4 ? 'silent' : null,
    }));
    return Promise.resolve({ ...status, streams, observedAt: new Date(nowMs).toISOString(), ...this.#more });
  };
}

const tops = () =>
  Promise.resolve(
    SYMBOLS.map((symbol, index) => ({
      symbol,
      lastUpdateId: 1,
      eventTimeMs: 1,
      bids: [[`${(index + 1) * 100}.10`, '1']] as const,
      asks: [[`${(index + 1) * 100}.30`, '1']] as const,
    })),
  );

interface Shown {
  readonly recorder: ToldRecorder;
  readonly server: MonitoringServer;
  readonly page: Page;
  readonly misdeeds: Misdeeds;
}

async function show(
  browser: Browser,
  recorder: ToldRecorder,
  options: BrowserContextOptions = {},
): Promise<Shown> {
  const server = await startMonitoring(
    { host: '127.0.0.1', port: 0 },
    toldSources({ status: recorder.status, tops }),
  );
  const shown = await openPage(browser, server.url, options);
  await hasRates(shown.page);
  return { recorder, server, ...shown };
}

describe('the dashboard in a browser', () => {
  let browser: Browser;
  // All begin at once, because a page needs two seconds to know a rate.
  let desk: Shown;
  let keyboard: Shown;
  let phone: Shown;
  let silenced: Shown;

  beforeAll(async () => {
    if (chromium === undefined) return;
    browser = await openBrowser();
    const unknown = {
      archive: { note: '<img src=x onerror=alert(1)>' },
      disk: { freeBytes: 1e9, fullInSeconds: 7265 },
    };
    const small = { viewport: { width: 360, height: 780 }, colorScheme: 'dark' } as const;
    [desk, keyboard, phone, silenced] = await Promise.all([
      show(browser, new ToldRecorder()),
      show(browser, new ToldRecorder()),
      show(browser, new ToldRecorder(unknown), small),
      show(browser, new ToldRecorder()),
    ]);
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    for (const shown of [desk, keyboard, phone, silenced]) await shown?.server.close();
  });

  maybe(
    'shows the rates, prices, gaps and alarms that the recorder tells, and asks nobody else',
    async () => {
      const { page, misdeeds } = desk;
      for (const [index, symbol] of SYMBOLS.entries()) {
        const rate = Number(await symbolCell(page, symbol, 'eventsPerSecond'));
        expect(Math.abs(rate - RATES[index]!)).toBeLessThanOrEqual(1 + RATES[index]! * 0.02);
      }
      expect(await symbolCell(page, 'ETHUSDT', 'bid')).toBe('200.10');
      expect(await symbolCell(page, 'ETHUSDT', 'spread')).toBe('0.20');
      expect(await symbolCell(page, '1000PEPEUSDT', 'gaps')).toBe('4');
      expect(await symbolCell(page, 'AUSDT', 'alarms')).toBe('aggTrade: silent');
      expect(await page.locator('#state-name').innerText()).toBe('healthy');
      expect(await page.locator('.uplot canvas').count()).toBe(3);
      await picture(page, 'dashboard');
      expect(misdeeds).toEqual({ errors: [], strangers: [] });
    },
  );

  maybe('is sorted and filtered by keyboard alone, from the skip link on', async () => {
    const { page, misdeeds } = keyboard;
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.textContent.trim()');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the symbols');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Symbol');
    for (const _ of ['Book', 'Events/s']) await page.keyboard.press('Tab');
    expect(await focused()).toBe('Events/s');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.keyboard.press('Enter');
    expect(await rowOrder(page)).toEqual(['BTCUSDT', 'ETHUSDT', '币安人生USDT', '1000PEPEUSDT', 'AUSDT']);
    const sorted = page.locator('th[aria-sort]');
    expect(await sorted.getAttribute('aria-sort')).toBe('descending');
    await page.keyboard.press('Space');
    await page.locator('[aria-sort=ascending]').waitFor();
    expect((await rowOrder(page))[0]).toBe('AUSDT');
    expect(await sorted.getAttribute('aria-sort')).toBe('ascending');
    await page.locator('#filter').focus();
    await page.keyboard.type('pepe');
    expect(await rowOrder(page)).toEqual(['1000PEPEUSDT']);
    expect(await page.locator('#symbol-count').innerText()).toBe('1 of 5');
    expect(misdeeds).toEqual({ errors: [], strangers: [] });
  });

  maybe('fits a phone and the dark, and shows sections that it does not know', async () => {
    const { page, misdeeds } = phone;
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    const brightness = async (property: string): Promise<number> =>
      Number(/\d+/.exec(await page.evaluate<string>(`getComputedStyle(document.body).${property}`))?.[0]);
    expect(await brightness('backgroundColor')).toBeLessThan(64);
    expect(await brightness('color')).toBeGreaterThan(192);
    expect(await page.locator('#other-sections h2').allInnerTexts()).toEqual([
      'Closed files',
      'Disk',
      'Reloads',
      'Log lines',
    ]);
    expect(await page.locator('[data-name=archive]').innerText()).toContain('<img src=x');
    expect(await page.locator('[data-name=disk] dl').innerText()).toMatch(
      /^Free\s+954 MiB\s+Full in\s+2 h 1 min/,
    );
    await picture(page, 'dashboard-phone');
    expect(misdeeds).toEqual({ errors: [], strangers: [] });
  });

  maybe(
    'says that the recorder does not answer, and takes it back when it does',
    async () => {
      const { page, recorder } = silenced;
      recorder.isBroken = true;
      const banner = page.locator('#silent');
      await banner.waitFor({ state: 'visible', timeout: 30_000 });
      expect(await banner.innerText()).toMatch(/^The recorder does not answer since \d\d:\d\d:\d\d/);
      expect(await page.locator('#state-name').innerText()).toBe('unknown');
      recorder.isBroken = false;
      await banner.waitFor({ state: 'hidden', timeout: 30_000 });
      expect(await page.locator('#state-name').innerText()).toBe('healthy');
    },
    60_000,
  );
});

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium as launcher, type Page } from 'playwright-core';
import { chromium } from './tools.ts';

/** The browser of this machine. Its sandbox needs rights that a container of a test run has not. */
export function openBrowser(): Promise<Browser> {
  return launcher.launch({ executablePath: chromium!, args: ['--no-sandbox', '--disable-gpu'] });
}

/** What a page did that it must not do. */
export interface Misdeeds {
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly errors: string[];
  /** Addresses that were asked for and are not of the server of the page. */
  readonly strangers: string[];
}

/** The page of the server at `url`, and what it does from the start. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; misdeeds: Misdeeds }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const misdeeds: Misdeeds = { errors: [], strangers: [] };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) misdeeds.errors.push(message.text());
  });
  page.on('pageerror', (error) => misdeeds.errors.push(String(error)));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) misdeeds.strangers.push(request.url());
  });
  await page.goto(url);
  return { page, misdeeds };
}

/** A picture for people to look at, in `artefacts`, which is not part of the repository. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = resolve('artefacts');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Waits until the page has seen its recorder twice. */
export async function hasRates(page: Page): Promise<void> {
  await page
    .locator('#symbol-rows [data-column="eventsPerSecond"]', { hasText: /\d/ })
    .first()
    .waitFor({ timeout: 30_000 });
}

export async function symbolCell(page: Page, symbol: string, column: string): Promise<string> {
  const text = await page.locator(`[data-symbol="${symbol}"] [data-column="${column}"]`).textContent();
  return text ?? '';
}

/** The symbols in the order in which they are shown. A row that is not painted yet has content, but no inner text. */
export function rowOrder(page: Page): Promise<string[]> {
  return page.locator('#symbol-rows th').allTextContents();
}

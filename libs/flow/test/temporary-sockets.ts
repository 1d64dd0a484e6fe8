import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Socket paths in a folder of their own, and everything that is to be closed after each test. */
export class TemporarySockets {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'flow-test-'));
  readonly #closers: (() => unknown)[] = [];
  #count = 0;

  next(): string {
    return path.join(this.folder, `${++this.#count}.sock`);
  }

  /** Closed after the test, the last one first. */
  closing<T extends { close(): unknown }>(closable: T): T {
    this.#closers.push(() => closable.close());
    return closable;
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async remove(): Promise<void> {
    await this.closeAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Resolves when the condition holds; looks every 2 ms and rejects after the limit. */
export async function eventually(condition: () => boolean, what: string, limitMs = 5000): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A promise and the key to it. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
}

/** The code of the error that this throws; undefined when it throws none. */
export function codeOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

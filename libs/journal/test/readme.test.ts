import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as journal from '@org/journal';

it('the example of the README does what its comments say', async () => {
  const readme = readFileSync(path.resolve('libs/journal/README.md'), 'utf8');
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  const promised = [...example!.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]!);
  const folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
  try {
    const source = example!
      .replace(/^import .*$/m, '')
      .replace("'journal'", JSON.stringify(path.join(folder, 'journal')));
    const logged: string[] = [];
    const print = (...values: unknown[]) =>
      logged.push(values.map((value) => JSON.stringify(value)).join(' '));
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- our own README
    await new Function('Journal', 'Buffer', 'console', `return (async () => {${source}})()`)(
      journal.Journal,
      Buffer,
      { log: print },
    );
    expect(promised).toHaveLength(2);
    expect(logged).toEqual(promised);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

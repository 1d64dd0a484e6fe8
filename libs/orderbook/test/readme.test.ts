import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { transformSync } from 'esbuild';
import * as orderbook from '@org/orderbook';

/** Runs TypeScript that imports this library, and gives what it logs beside what its comments promise. */
function run(source: string): { logged: string[]; promised: string[] } {
  const { code } = transformSync(source, { loader: 'ts', format: 'cjs' });
  const logged: string[] = [];
  const print = (...values: unknown[]) => logged.push(values.map((value) => JSON.stringify(value)).join(' '));
  const load = (name: string) => {
    if (name !== '@org/orderbook') throw new Error(`the example imports ${name}`);
    return orderbook;
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- our own README
  new Function('require', 'console', code)(load, { log: print });
  return { logged, promised: [...source.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]!) };
}

it('the examples of the README do what their comments say', () => {
  const readme = readFileSync(resolve('libs/orderbook/README.md'), 'utf8');
  const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
  expect(examples).toHaveLength(2);
  for (const example of examples) {
    const { logged, promised } = run(example);
    expect(promised.length).toBeGreaterThan(2);
    expect(logged).toEqual(promised);
  }
});

import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { MERGE_LIMITS, StreamMerge } from '@org/continuity';
import { readRecordBatch, RECORD_TYPE, RecordBatchBuilder } from '@org/storage';

const readme = readFileSync(path.resolve('libs/continuity/README.md'), 'utf8');

it('the example of the README prints what its comments say', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  const sameLine = [...example!.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]!);
  const ownLine = [...example!.matchAll(/^\/\/ (.*)$/gm)].map((match) => match[1]!);
  const logged: string[] = [];
  const print = (...values: unknown[]) => logged.push(values.map(String).join(' '));
  const provided = {
    StreamMerge,
    readRecordBatch,
    RECORD_TYPE,
    RecordBatchBuilder,
    Buffer,
    console: { log: print },
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- our own README
  const run = new Function(...Object.keys(provided), example!.replace(/^import .*$/gm, '')) as (
    ...values: readonly unknown[]
  ) => void;
  run(...Object.values(provided));
  expect(logged).toHaveLength(6);
  expect(logged).toEqual([...sameLine, ...ownLine]);
});

it('the README names every limit with its default', () => {
  for (const [name, value] of Object.entries<number>({ ...MERGE_LIMITS })) {
    const texts = [
      value.toLocaleString('en-US'),
      String(value),
      `${value / 2 ** 20} MiB`,
      `${value / 3_600_000} h`,
    ];
    const row = new RegExp(`\\| \`${name}\` +\\| (.*?) +\\|`).exec(readme);
    expect(texts).toContain(row?.[1]);
  }
});

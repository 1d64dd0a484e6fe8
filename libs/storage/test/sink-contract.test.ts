import { sinkContract, type SinkContractCase } from '@org/storage';
import { FAULTS, memoryHarness, type Kind, type MemoryHarnessOptions } from './memory-sink.ts';

async function brokenRules(options: MemoryHarnessOptions): Promise<string[]> {
  const broken: string[] = [];
  for (const { name, run } of sinkContract) {
    await run(memoryHarness(options)).catch(() => broken.push(name));
  }
  return broken;
}

describe.each<Kind>(['transactions', 'resends replace'])('the contract of sinks, %s', (kind) => {
  it.each(sinkContract.map((rule): [string, SinkContractCase] => [rule.name, rule]))(
    'holds for a sink in memory: it %s',
    async (_name, { run }) => {
      await run(memoryHarness({ kind }));
    },
  );

  it.each(FAULTS)('finds a sink that is wrong: %s', async (fault) => {
    expect(await brokenRules({ kind, fault })).not.toEqual([]);
  });
});

describe('a sink whose resends replace', () => {
  it('breaks the contract of a store with transactions, unless it says so', async () => {
    expect(await brokenRules({ kind: 'resends replace', resendsReplace: false })).not.toEqual([]);
  });
});

import { sinkContract, type SinkContractCase } from '@org/storage';
import { FAULTS, memoryHarness, type Fault } from './memory-sink.ts';

async function brokenRules(fault: Fault): Promise<string[]> {
  const broken: string[] = [];
  for (const { name, run } of sinkContract) {
    await run(memoryHarness(fault)).catch(() => broken.push(name));
  }
  return broken;
}

describe('the contract of sinks', () => {
  it.each(sinkContract.map((rule): [string, SinkContractCase] => [rule.name, rule]))(
    'holds for a sink in memory: it %s',
    async (_name, { run }) => {
      await run(memoryHarness());
    },
  );

  it.each(FAULTS)('finds a sink that is wrong: %s', async (fault) => {
    expect(await brokenRules(fault)).not.toEqual([]);
  });
});

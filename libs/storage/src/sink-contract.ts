import { commitCases } from './sink-contract-commits.ts';
import type { SinkContractCase } from './sink-contract-harness.ts';
import { recordCases } from './sink-contract-records.ts';

/**
 * What every sink promises (see `Sink`), as cases that any test framework can run: a test file loops over them and
 * gives each a fresh harness. A case rejects with an `AssertionError` when the sink breaks the contract.
 *
 * @example
 * for (const { name, run } of sinkContract) it(name, async () => run(await emptyStore()));
 */
export const sinkContract: readonly SinkContractCase[] = [...commitCases, ...recordCases];

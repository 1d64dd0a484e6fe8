import { BookTrace, writeBookEvidence } from './book-trace.mjs';
import { fileCandidate } from './depth-files.mjs';

/**
 * A candidate of the end-to-end suite: frames in, a live book with best bid and ask after every message, depth rows in
 * files. What it is measured by is messages.
 *
 * @param {import('./workload.mjs').Workload} workload
 * @param {string} scratch
 * @param {{ form: 'ticks' | 'decimals', record: (works: object[], folder: string) => Promise<object[]> }} recorder
 *   `record` returns the trace and the levels of each book
 * @returns {import('../harness/candidate.mjs').Candidate}
 */
export function recorderCandidate({ symbols, messages }, scratch, { form, record }) {
  const works = symbols.map(({ symbol, events, decimals }) => ({
    symbol,
    events,
    decimals,
    trace: new BookTrace(events.length, { keepsTops: false }),
  }));
  let books = [];
  const files = fileCandidate({ symbols: works }, scratch, async (folder) => {
    books = await record(works, folder);
  });
  return {
    ...files,
    unitsPerPass: messages,
    async evidence(folder) {
      const parts = await files.evidence(folder);
      return [...parts, ...writeBookEvidence(folder, works, books, form)];
    },
  };
}

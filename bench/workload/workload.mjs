import { readDepthEvents } from './captures.mjs';
import { decimalsOf, parseLevels } from './parsed-levels.mjs';

/**
 * What a candidate works on.
 *
 * @typedef {object} SymbolWork
 * @property {string} symbol
 * @property {import('./captures.mjs').DepthEvent[]} events as received
 * @property {import('./parsed-levels.mjs').ParsedMessage[]} messages the same, parsed
 * @property {{ price: number, quantity: number }} decimals
 *
 * @typedef {object} Workload
 * @property {SymbolWork[]} symbols
 * @property {number} messages
 * @property {number} levels
 */

/** Levels that a pass has at least: what a book, a file or a sink costs once must not count for the whole. */
const LEVELS_MIN = 200_000;

/**
 * Reads the captures of a folder. A short recording is repeated, its diffs one round after the other: quantities are
 * absolute, so the books at the end are the same. Throws when there is no depth in the folder.
 *
 * @param {string} folder
 * @param {number} messagesMax diffs of a symbol at most
 * @returns {Promise<Workload>}
 */
export async function loadWorkload(folder, messagesMax = Infinity) {
  const recorded = await readDepthEvents(folder);
  const recordedLevels = recorded.reduce((sum, { levels }) => sum + levels, 0);
  const rounds = Math.ceil(LEVELS_MIN / recordedLevels);
  const symbols = recorded.map(({ symbol, events }) => {
    const repeated = firstDiffs(repeat(events, rounds), messagesMax);
    const messages = repeated.map(parseLevels);
    return { symbol, events: repeated, messages, decimals: decimalsOf(messages) };
  });
  const events = symbols.flatMap((work) => work.events);
  if (events.length === 0) throw new Error(`${folder}: expected captures with depth messages, was none`);
  return {
    symbols,
    messages: events.length,
    levels: events.reduce((sum, { levels }) => sum + levels, 0),
  };
}

function firstDiffs(events, messagesMax) {
  const snapshots = events.filter(({ type }) => type === 'snapshot').length;
  return events.slice(0, snapshots + messagesMax);
}

/** The diffs again, later: two messages of a file must differ in their time. */
function repeat(events, rounds) {
  const first = events.findIndex(({ type }) => type === 'diff');
  if (first < 0) return events;
  const diffs = events.slice(first);
  const roundUs = diffs.at(-1).receivedAtUs - events[0].receivedAtUs + 1;
  const repeats = Array.from({ length: rounds - 1 }, (_, round) =>
    diffs.map((event) => ({ ...event, receivedAtUs: event.receivedAtUs + (round + 1) * roundUs })),
  );
  return [...events, ...repeats.flat()];
}

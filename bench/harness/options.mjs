import { parseArgs } from 'node:util';

export const SUITES = /** @type {const} */ (['book', 'parse', 'rows', 'read', 'e2e']);

export const HELP = `usage: npm run bench -- [options]

Compares this workspace with named peers on recorded market data: the same recording through both, results checked
equal first, CPU time, alternating rounds. Prints one table and writes bench/RESULTS.md.

  --data DIR        folder of captures, <symbol>_<YYYYMMDD>.gz (default ../shared/data/usdm-2024-07-18)
  --only A,B        of ${SUITES.join(', ')} (default: all)
  --quick           fewer rounds over the first 1000 messages of each symbol; RESULTS.md is left alone
  --rounds N        rounds of each pair, 1 to 100 (default 7, with --quick 3)
  --out FILE        where the results go (default bench/RESULTS.md)
  --help            this text

Exit code: 0 whatever the ratios; 1 when a result is wrong; 2 for a bad option.
`;

const ROUNDS = 7;
const ROUNDS_QUICK = 3;
const ROUNDS_MAX = 100;
const MESSAGES_QUICK = 1000;

export class OptionError extends Error {}

/**
 * @typedef {object} BenchOptions
 * @property {string} data
 * @property {readonly string[]} suites
 * @property {number} rounds
 * @property {number} messagesMax diffs of each symbol
 * @property {string | undefined} out undefined: nothing is written
 * @property {boolean} isHelp
 */

/**
 * Throws {@link OptionError} for what it does not know.
 *
 * @param {readonly string[]} args
 * @returns {BenchOptions}
 */
export function parseOptions(args) {
  const { quick, ...values } = read(args);
  return {
    data: values.data,
    suites: suitesOf(values.only),
    rounds: roundsOf(values.rounds ?? String(quick ? ROUNDS_QUICK : ROUNDS)),
    messagesMax: quick ? MESSAGES_QUICK : Infinity,
    out: values.out ?? (quick ? undefined : 'bench/RESULTS.md'),
    isHelp: values.help,
  };
}

/** @param {readonly string[]} args */
function read(args) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: 'string', default: '../shared/data/usdm-2024-07-18' },
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (cause) {
    throw new OptionError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** @param {string | undefined} only */
function suitesOf(only) {
  if (only === undefined) return SUITES;
  const wanted = only.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !SUITES.some((suite) => suite === name));
  if (unknown.length > 0) {
    throw new OptionError(`--only: expected ${SUITES.join(', ')}, was ${JSON.stringify(unknown.join(','))}`);
  }
  return SUITES.filter((suite) => wanted.includes(suite));
}

/** @param {string} text */
function roundsOf(text) {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= ROUNDS_MAX) return rounds;
  throw new OptionError(
    `--rounds: expected a whole number of 1 to ${ROUNDS_MAX}, was ${JSON.stringify(text)}`,
  );
}

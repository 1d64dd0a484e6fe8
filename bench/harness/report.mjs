import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { relative } from 'node:path';

const BYTES_PER_GIB = 1024 ** 3;

/**
 * Where and on what a run was made, as Markdown list items.
 *
 * @param {{ data: string, rounds: number, messagesMax: number, suites: readonly string[] }} options
 * @returns {string}
 */
export function describeRun({ data, rounds, messagesMax, suites }) {
  const cores = cpus();
  const limit = Number.isFinite(messagesMax) ? `, the first ${messagesMax} diffs of each symbol` : '';
  const facts = [
    [
      'machine',
      `${cores.length} x ${cores[0]?.model.trim() ?? 'unknown CPU'}, ${gibibytes()} GiB, ${release()}`,
    ],
    ['Node', process.version],
    ['commit', commit()],
    ['date', new Date().toISOString().slice(0, 'YYYY-MM-DD'.length)],
    ['data', `${folderName(data)}${limit}`],
    ['suites', `${suites.join(', ')}; ${rounds} alternating rounds a pair`],
  ];
  return facts.map(([name, value]) => `- ${name}: ${value}\n`).join('');
}

/**
 * The contents of RESULTS.md.
 *
 * @param {string} run
 * @param {string} table
 */
export function resultsDocument(run, table) {
  return `# Results

Written by \`npm run bench\`; [README.md](README.md) says what is measured and how.

${run}
${table}`;
}

function gibibytes() {
  return Math.round(totalmem() / BYTES_PER_GIB);
}

/**
 * The last two names of the path: where the data lies on this machine is nobody's business.
 *
 * @param {string} path
 */
function folderName(path) {
  return relative('..', path).split('/').slice(-2).join('/');
}

function commit() {
  try {
    const git = (/** @type {string[]} */ ...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    const dirty =
      git('status', '--porcelain', '--', 'libs', 'bench', ':!bench/RESULTS.md') === '' ? '' : ' and changes';
    return `${git('rev-parse', '--short', 'HEAD')}${dirty}`;
  } catch {
    return 'unknown';
  }
}

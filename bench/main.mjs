/*
 * `npm run bench`: our libraries against named peers. README.md says how it measures; `--help` lists the options.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { captureFiles } from '@org/storage';
import { installPeers, peerVersions } from './harness/install.mjs';
import { HELP, OptionError, parseOptions } from './harness/options.mjs';
import { measurePair, WrongResultError } from './harness/pair.mjs';
import { describeRun, resultsDocument } from './harness/report.mjs';
import { median, pairedRatio } from './harness/statistics.mjs';
import { formatTable } from './harness/table.mjs';
import { COMPARISONS } from './suites/comparisons.mjs';

const BENCH = fileURLToPath(new URL('.', import.meta.url));

async function main(args) {
  const options = parseOptions(args);
  if (options.isHelp) {
    process.stdout.write(HELP);
    return;
  }
  await requireCaptures(options.data);
  installPeers(BENCH, (line) => console.error(line));
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const rows = await measureAll(options, scratch);
    const table = formatTable(rows);
    const run = describeRun(options);
    process.stdout.write(`\n${run}\n${table}`);
    if (options.out !== undefined) writeFileSync(options.out, resultsDocument(run, table));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function requireCaptures(folder) {
  const files = await captureFiles(folder).catch((cause) => {
    throw new OptionError(`--data: ${cause.message}`, { cause });
  });
  if (files.length === 0) throw new OptionError(`--data: expected captures in ${folder}, was none`);
}

async function measureAll(options, scratch) {
  const versions = peerVersions(BENCH);
  const rows = [];
  for (const comparison of options.suites.flatMap((suite) => COMPARISONS[suite])) {
    const peerName = nameOf(comparison, versions);
    console.error(`${comparison.what} - ${peerName} …`);
    const folder = mkdtempSync(join(scratch, 'pair-'));
    const result = await measurePair(
      { name: 'ours', module: `../ours/${comparison.ours}.mjs` },
      {
        name: peerName,
        module: `../peers/${comparison.peer}.mjs`,
        knownDivergence: comparison.knownDivergence,
      },
      {
        data: resolve(options.data),
        messagesMax: Math.min(options.messagesMax, comparison.messagesMax ?? Infinity),
        conditions: comparison.conditions ?? {},
        rounds: options.rounds,
        scratch: folder,
      },
    );
    rmSync(folder, { recursive: true });
    rows.push(...rowsOf(comparison, peerName, result));
  }
  return rows;
}

function nameOf({ madeOf }, versions) {
  return madeOf.map((name) => (versions[name] === undefined ? name : `${name} ${versions[name]}`)).join(', ');
}

function rowsOf({ what, unit, demanded, rateDemanded, messagesMax }, peer, { ours, peer: its, notes }) {
  const limit = messagesMax === undefined ? [] : [`The first ${messagesMax} diffs of each symbol.`];
  const row = {
    what,
    ours: median(ours),
    unit: `ns/${unit}`,
    peer,
    peerValue: median(its),
    ratio: pairedRatio(ours, its),
    demanded,
    notes: [...limit, ...notes],
  };
  if (rateDemanded === undefined) return [row];
  const rate = {
    what,
    ours: 1000 / median(ours),
    unit: `M ${unit}s/s`,
    peer: '',
    demanded: rateDemanded,
    notes: [],
  };
  return [row, rate];
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isExpected = error instanceof WrongResultError || error instanceof OptionError;
  console.error(isExpected ? error.message : error);
  process.exitCode = error instanceof OptionError ? 2 : 1;
}

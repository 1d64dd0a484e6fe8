import { fileHeader } from '@org/storage-csv';
import type { ParquetLayout } from '@org/storage-parquet';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ExportSelection } from '../export/find-export-jobs.ts';
import type { WantedSymbols } from '../recordings.ts';
import { dateArgument, jobsArgument, pathArgument, symbolsArgument, type ReplayFormat } from './arguments.ts';

export interface ExportOptions {
  readonly dataDir: string;
  readonly selection: ExportSelection;
  readonly outDir: string;
  readonly layout: ParquetLayout;
  readonly exchange: string;
  /** How to tell what was done. */
  readonly report: ReplayFormat;
  /** Files that are made at the same time; `auto` is one a core. */
  readonly jobs: number | 'auto';
  /** Undefined: on a terminal only. */
  readonly isProgressWanted: boolean | undefined;
}

interface RawExportOptions {
  readonly dataDir: string;
  readonly symbol: WantedSymbols;
  readonly kind?: readonly string[];
  readonly date?: string;
  readonly from?: string;
  readonly to?: string;
  readonly out: string;
  readonly layout: ParquetLayout;
  readonly exchange: string;
  readonly report: ReplayFormat;
  readonly jobs: number | 'auto';
  readonly progress?: boolean;
}

const EXAMPLES = `
Examples:
  book-inspector export --format parquet
      everything in ./data, to ./parquet/<SYMBOL>/<kind>_<date>.parquet
  book-inspector export --format parquet --symbol BTCUSDT --kind aggtrade,depth --from 2026-11-01 --to 2026-11-07
      a week of trades and depth
  book-inspector export --format parquet --layout hive --out lake
      lake/exchange=binance-usdm/type=depth/symbol=BTCUSDT/date=2026-11-22/part-0.parquet

Files to which rows still come are exported up to their last whole line. Count, sums and every row of each file are
compared with the CSV before it gets its name.

Exit codes: 0 every file was made, 1 one could not be made, or there was nothing, 2 wrong arguments.`;

/** Adds the command; `run` is called with options that are checked. */
export function addExportCommand(program: Command, run: (options: ExportOptions) => Promise<void>): void {
  const command = program
    .command('export')
    .description('Writes recorded files as Parquet: exact decimals, zstd, one file a kind and day.')
    .addOption(new Option('--format <format>', 'what to write').choices(['parquet']).default('parquet'))
    .option(
      '--data-dir <path>',
      'folder of the recording, of one symbol, or of captures',
      pathArgument,
      './data',
    )
    .option('--symbol <symbols>', 'only these, with commas between them', symbolsArgument, 'all')
    .option('--kind <kinds>', 'only these kinds of files, with commas between them', kindsArgument)
    .addOption(
      new Option('--date <YYYY-MM-DD>', 'only this UTC day')
        .argParser(dateArgument)
        .conflicts(['from', 'to']),
    )
    .option('--from <YYYY-MM-DD>', 'only this UTC day and later ones', dateArgument)
    .option('--to <YYYY-MM-DD>', 'only this UTC day and earlier ones', dateArgument)
    .option('--out <path>', 'folder to write to', pathArgument, './parquet')
    .addOption(new Option('--layout <layout>', 'folders and names').choices(['flat', 'hive']).default('flat'))
    .option(
      '--exchange <name>',
      'what the folders of the hive layout call the exchange',
      exchangeArgument,
      'binance-usdm',
    )
    .addOption(
      new Option('--report <format>', 'how to tell what was done').choices(['text', 'json']).default('text'),
    )
    .option('--jobs <number>', 'files to make at the same time, or auto: one a core', jobsArgument, 'auto')
    .option('--progress', 'show progress on stderr also when it is no terminal, a line a second')
    .option('--no-progress', 'show no progress')
    .addHelpText('after', EXAMPLES);
  command.action((raw: RawExportOptions) => run(checkOptions(command, raw)));
}

function checkOptions(command: Command, raw: RawExportOptions): ExportOptions {
  const { dataDir, symbol: symbols, kind: kinds, date, out: outDir, layout, exchange } = raw;
  const [from, to] = [date ?? raw.from, date ?? raw.to];
  if (from !== undefined && to !== undefined && from > to)
    command.error(`error: option '--to': expected ${from} or later, was ${to}`);
  const { report, jobs, progress: isProgressWanted } = raw;
  return {
    dataDir,
    selection: { symbols, kinds, from, to },
    outDir,
    layout,
    exchange,
    report,
    jobs,
    isProgressWanted,
  };
}

/** Kinds that have rows, each once. */
function kindsArgument(text: string): readonly string[] {
  const kinds = [...new Set(text.split(','))];
  const wrong = kinds.find((kind) => !fileHeader(kind));
  if (wrong === undefined) return kinds;
  throw new InvalidArgumentError(
    `expected kinds of files, for example depth,aggtrade, was ${JSON.stringify(wrong)}`,
  );
}

/** It becomes a folder. */
function exchangeArgument(text: string): string {
  if (/^[A-Za-z0-9][\w-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('expected letters, digits, - and _');
}

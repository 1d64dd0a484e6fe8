import { Command, Option } from 'commander';
import { MomentError, parseMoment, type Moment } from '../moment.ts';
import type { WantedSymbols } from '../recordings.ts';
import {
  dateArgument,
  depthArgument,
  jobsArgument,
  pathArgument,
  symbolsArgument,
  type ReplayFormat,
} from './arguments.ts';
import type { CliIo } from './io.ts';

export interface ReplayOptions {
  readonly symbols: WantedSymbols;
  readonly dataDir: string;
  readonly date: string | undefined;
  readonly moment: Moment | undefined;
  readonly depth: number;
  readonly format: ReplayFormat;
  readonly out: string | undefined;
  /** Symbols that are replayed at the same time; `auto` is one a core. */
  readonly jobs: number | 'auto';
  /** Undefined: on a terminal only. */
  readonly isProgressWanted: boolean | undefined;
}

/** The options as commander hands them over. */
interface RawReplayOptions {
  readonly symbol: WantedSymbols;
  readonly dataDir: string;
  readonly date?: string;
  readonly at?: string;
  readonly depth: number;
  readonly format: ReplayFormat;
  readonly out?: string;
  readonly jobs: number | 'auto';
  readonly progress?: boolean;
}

const EXAMPLES = `
Examples:
  book-inspector replay --symbol BTCUSDT
      the book at the end of everything that is stored in ./data
  book-inspector replay --symbol BTCUSDT --date 2024-07-19 --at 00:00:05.5
      the book as it was known at that moment (UTC, by receipt)
  book-inspector replay --symbol BTCUSDT --at u:4984029237612 --format json
      the book after that update id, as one JSON object on stdout
  book-inspector replay --symbol ETHUSDT --data-dir captures --depth 50 --out book.txt
      from raw captures (ethusdt_20240718.gz, …), written to a file
  book-inspector replay --symbol '*' --jobs auto --format json
      every symbol of ./data, one a core at a time, a JSON object a line

--at takes a time (2024-07-19T00:00:00Z; UTC without a zone; HH:MM:SS with --date), an epoch in ms, µs or ns
(13, 16 or 19 digits), or an update id (any other whole number). Numbers of 13 digits are a time when they lie
between 2017 and 2040. t: and u: before a number force the one or the other.

Several symbols: text is one line a symbol, JSON one object a line in the order asked. A symbol that fails stops no other.

Exit codes: 0 every book was built (gaps are reported), 1 one could not be built, 2 wrong arguments.`;

/** The command line. `replay` is called with options that are checked; wrong ones throw a CommanderError. */
export function buildProgram(io: CliIo, replay: (options: ReplayOptions) => Promise<void>): Command {
  const program = new Command('book-inspector')
    .description('Looks into stored order books.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  const command = program
    .command('replay')
    .description('Rebuilds the order book of one or more symbols from stored depth files or raw captures.')
    .requiredOption(
      '--symbol <symbols>',
      "the symbol as the exchange lists it, for example BTCUSDT; several with commas, or '*' for all",
      symbolsArgument,
    )
    .option('--data-dir <path>', 'folder of the recording, or one file of it', pathArgument, './data')
    .option('--date <YYYY-MM-DD>', 'only the files of this UTC day', dateArgument)
    .option('--at <time-or-update-id>', 'stop at the state as of this moment')
    .option('--depth <levels>', 'levels of each side to show', depthArgument, 20)
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'json']).default('text'))
    .option('--out <file>', 'write the result to this file instead of stdout', pathArgument)
    .option('--jobs <number>', 'symbols to replay at the same time, or auto: one a core', jobsArgument, 1)
    .option('--progress', 'show progress on stderr also when it is no terminal, a line a second')
    .option('--no-progress', 'show no progress')
    .addHelpText('after', EXAMPLES);
  command.action((raw: RawReplayOptions) => replay(checkOptions(command, raw)));
  return program;
}

function checkOptions(command: Command, raw: RawReplayOptions): ReplayOptions {
  const { symbol: symbols, dataDir, date, depth, format, out, jobs, progress: isProgressWanted } = raw;
  const moment = readMoment(command, raw);
  return { symbols, dataDir, date, moment, depth, format, out, jobs, isProgressWanted };
}

/** A time of day needs the date, so the moment is read when all options are known. */
function readMoment(command: Command, { at, date }: RawReplayOptions): Moment | undefined {
  try {
    return at === undefined ? undefined : parseMoment(at, date);
  } catch (error) {
    if (error instanceof MomentError) command.error(`error: option '--at': ${error.message}`);
    throw error;
  }
}

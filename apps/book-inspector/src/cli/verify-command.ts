import { Option, type Command } from 'commander';
import type { WantedSymbols } from '../recordings.ts';
import { jobsArgument, pathArgument, symbolsArgument, type ReplayFormat } from './arguments.ts';

export interface VerifyOptions {
  readonly symbols: WantedSymbols;
  readonly dataDir: string;
  readonly format: ReplayFormat;
  readonly out: string | undefined;
  readonly jobs: number | 'auto';
  /** Undefined: on a terminal only. */
  readonly isProgressWanted: boolean | undefined;
}

interface RawVerifyOptions {
  readonly symbol: WantedSymbols;
  readonly dataDir: string;
  readonly format: ReplayFormat;
  readonly out?: string;
  readonly jobs: number | 'auto';
  readonly progress?: boolean;
}

const EXAMPLES = `
Examples:
  book-inspector verify --data-dir data
      every symbol: rows, ids, gaps, books, checksums and manifests
  book-inspector verify --data-dir data --symbol BTCUSDT,ETHUSDT --format json
      two symbols, as one JSON object on stdout
  book-inspector verify --data-dir captures
      raw captures; they declare no gaps, so every break is an error

Exit codes: 0 no error (every gap is declared), 1 an error, or nothing to check, 2 wrong arguments.`;

/** Adds the command; `verify` is called with options that are checked. */
export function addVerifyCommand(program: Command, verify: (options: VerifyOptions) => Promise<void>): void {
  program
    .command('verify')
    .description('Derives continuity, counts, gaps, books and checksums anew from the files of a recording.')
    .requiredOption('--data-dir <path>', 'folder of the recording, or of captures', pathArgument)
    .option('--symbol <symbols>', 'only these, with commas between them', symbolsArgument, 'all')
    .addOption(new Option('--format <format>', 'how to show it').choices(['text', 'json']).default('text'))
    .option('--out <file>', 'write the result to this file instead of stdout', pathArgument)
    .option('--jobs <number>', 'symbols to check at the same time, or auto: one a core', jobsArgument, 'auto')
    .option('--progress', 'show progress on stderr also when it is no terminal, a line a second')
    .option('--no-progress', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action((raw: RawVerifyOptions) => {
      const { symbol: symbols, dataDir, format, out, jobs, progress: isProgressWanted } = raw;
      return verify({ symbols, dataDir, format, out, jobs, isProgressWanted });
    });
}

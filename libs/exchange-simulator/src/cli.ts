import { writeFileSync } from 'node:fs';
import { KLINE_INTERVALS } from '@org/market-data';
import type { Market } from '@org/market-data';
import { Command, CommanderError, Option } from 'commander';
import { bursts, durationMs, port, positive, symbolList, timeMs, wholePositive } from './cli-values.ts';
import { SimulatorError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { startExchange } from './exchange.ts';
import { readFaultScript } from './faults/fault-script.ts';
import type { Fault } from './faults/fault.ts';
import type { Burst } from './load/load-profile.ts';
import type { ExchangeOptions, LoadOptions } from './options.ts';

/** What the command line takes from the process, so that it runs anywhere. */
export interface CliHost {
  print(text: string): void;
  printError(text: string): void;
  /** Resolves with the first SIGINT or SIGTERM. */
  readonly signalled: Promise<string>;
}

/** What the flags of `serve` say. */
interface ServeFlags {
  readonly port: number;
  readonly replay?: string;
  readonly symbols?: readonly string[];
  readonly symbolCount?: number;
  readonly market: Market;
  readonly speed: number;
  readonly faults?: string;
  readonly seed: number;
  readonly startTime?: number;
  readonly settle: number;
  readonly startOn: 'depth' | 'any';
  readonly rate?: number;
  readonly trades?: number;
  readonly changes?: number;
  readonly levels?: number;
  readonly load?: number;
  readonly bursts?: readonly Burst[];
  readonly loadData?: string;
  readonly loadTick?: number;
  readonly depthCuts: 'same' | 'different';
  readonly sentLog?: string;
  readonly report?: string;
  readonly weightLimit?: number;
  readonly weight: boolean;
  readonly exitWhenDone?: boolean;
  readonly control?: boolean;
  readonly tls?: boolean;
  readonly tlsCaFile?: string;
}

/** A flag, an argument or a combination of them that makes no sense. */
const EXIT_USAGE = 2;
const EXIT_FAILED = 1;

function serveCommand(action: (flags: ServeFlags) => Promise<void>): Command {
  return new Command('serve')
    .description('answer REST and WebSocket on one port of 127.0.0.1, from captures or from a made-up market')
    .requiredOption('--port <port>', 'port to listen on; 0 takes a free one', port)
    .addOption(
      new Option('--replay <dir>', 'folder of captures to play').conflicts([
        'symbols',
        'symbolCount',
        'load',
      ]),
    )
    .option('--symbols <list>', 'symbols of a made-up market, for example BTCUSDT,ETHUSDT', symbolList)
    .option('--symbol-count <number>', 'so many further symbols, SIM0001USDT and on', wholePositive)
    .addOption(
      new Option('--market <market>', 'product of the captures')
        .choices(['usdm', 'coinm', 'spot'])
        .default('usdm'),
    )
    .option('--speed <factor>', 'seconds of the market in one second', positive, 1)
    .option('--faults <file>', 'YAML or JSON script of faults')
    .option('--seed <number>', 'made-up market and different depth cuts: seed', wholePositive, 1)
    .option('--start-time <time>', 'made-up market: its time at the start; default now', timeMs)
    .option('--rate <number>', 'made-up market: book events a second and symbol', positive)
    .option('--trades <number>', 'made-up market: taker orders a second and symbol', positive)
    .option('--changes <number>', 'made-up market: mean number of levels that a book event changes', positive)
    .option('--levels <number>', 'made-up market: price levels a side', wholePositive)
    .addOption(
      new Option(
        '--depth-cuts <cuts>',
        'whether connections get their depth events merged each in its own way',
      )
        .choices(['same', 'different'])
        .default('same'),
    )
    .option(
      '--settle <duration>',
      'replay: quiet time after the last subscription before the clock starts',
      durationMs,
      1000,
    )
    .addOption(
      new Option('--start-on <stream>', 'replay: subscription that sets the clock going')
        .choices(['depth', 'any'])
        .default('depth'),
    )
    .option('--sent-log <file>', 'write every sent message: "<sent ns> <stream> <frame>" a line')
    .option('--report <file>', 'write the report there instead of printing it')
    .option('--weight-limit <number>', 'request weight a minute before 429', wholePositive)
    .option('--no-weight', 'never refuse for request weight')
    .option('--control', 'take faults and listings, and tell the report, under /simulator')
    .option('--tls', 'https and wss, with a certificate made for 127.0.0.1 and localhost')
    .addOption(
      new Option(
        '--tls-ca-file <file>',
        'write that certificate there, for NODE_EXTRA_CA_CERTS; implies --tls',
      ).implies({
        tls: true,
      }),
    )
    .option('--exit-when-done', 'replay: leave when everything was sent')
    .action(action);
}

function addLoadFlags(command: Command): void {
  command
    .option(
      '--load <rate>',
      'a load instead: messages a second over all symbols, from the first depth subscription on',
      positive,
    )
    .option('--bursts <list>', 'load: times of another rate, for example 5s:20000@10s,5s:20000@30s', bursts)
    .option('--load-data <dir>', 'load: folder of captures that books and depth events are taken from')
    .option(
      '--load-tick <duration>',
      'load: what is due in this time is sent together; default 5ms',
      durationMs,
    );
}

function loadOptions({ load, bursts, loadData, loadTick }: ServeFlags): LoadOptions | undefined {
  if (load === undefined) return undefined;
  return {
    messagesPerSecond: load,
    ...(bursts === undefined ? {} : { bursts }),
    ...(loadData === undefined ? {} : { dataDir: loadData }),
    ...(loadTick === undefined ? {} : { tickMs: loadTick }),
  };
}

function exchangeOptions(flags: ServeFlags, faults: readonly Fault[]): ExchangeOptions {
  const { replay, symbols, symbolCount, rate, trades, changes, levels, sentLog, weightLimit, startTime } =
    flags;
  const tempo = {
    ...(rate === undefined ? {} : { eventsPerSecond: rate }),
    ...(trades === undefined ? {} : { tradesPerSecond: trades }),
    ...(changes === undefined ? {} : { changesPerEvent: changes }),
    ...(levels === undefined ? {} : { levels }),
  };
  const load = loadOptions(flags);
  return {
    ...(load === undefined ? {} : { load }),
    ...(replay === undefined ? {} : { replayDir: replay }),
    ...(symbols === undefined ? {} : { symbols }),
    ...(symbolCount === undefined ? {} : { symbolCount }),
    ...(startTime === undefined ? {} : { startTimeMs: startTime }),
    ...(sentLog === undefined ? {} : { journalPath: sentLog }),
    market: flags.market,
    port: flags.port,
    speed: flags.speed,
    seed: flags.seed,
    depthCuts: flags.depthCuts,
    settleMs: flags.settle,
    startOn: flags.startOn,
    tempo,
    faults,
    control: flags.control === true,
    tls: flags.tls === true,
    requestWeight: flags.weight ? (weightLimit === undefined ? {} : { limit: weightLimit }) : false,
  };
}

async function serve(flags: ServeFlags, host: CliHost): Promise<void> {
  const faults = flags.faults === undefined ? [] : await readFaultScript(flags.faults);
  const exchange = await startExchange(exchangeOptions(flags, faults));
  if (flags.tlsCaFile !== undefined) writeFileSync(flags.tlsCaFile, exchange.certificate!);
  host.print(`exchange listening on ${exchange.restUrl} and ${exchange.wsUrl}\n`);
  void exchange.finished.then(() => {
    if (flags.replay !== undefined) host.print('replay finished: everything was sent\n');
  });
  await Promise.race([host.signalled, ...(flags.exitWhenDone === true ? [exchange.finished] : [])]);
  await exchange.stop();
  report(exchange, flags, host);
}

function report(exchange: Exchange, flags: ServeFlags, host: CliHost): void {
  const text = `${JSON.stringify(exchange.report(), undefined, 2)}\n`;
  if (flags.report === undefined) host.print(text);
  else writeFileSync(flags.report, text);
}

/**
 * Runs the command line and tells the exit code: 0 after a signal or a finished replay, 2 for a flag that is unknown,
 * missing or wrong (a fault script included), 1 when the exchange cannot run.
 */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  const output = {
    writeOut: (text: string) => host.print(text),
    writeErr: (text: string) => host.printError(text),
  };
  const program = new Command('exchange-simulator')
    .description('a Binance-compatible exchange on loopback')
    .addHelpText('after', `\nbars are sent for the intervals ${KLINE_INTERVALS.join(' ')}`);
  const command = serveCommand(async (flags) => {
    if (flags.replay === undefined && flags.symbols === undefined && flags.symbolCount === undefined)
      command.error("error: one of '--replay', '--symbols' and '--symbol-count' is needed");
    if (flags.load === undefined && (flags.bursts ?? flags.loadData ?? flags.loadTick) !== undefined)
      command.error("error: '--bursts', '--load-data' and '--load-tick' need '--load'");
    await serve(flags, host);
  });
  addLoadFlags(command);
  for (const one of [program, command])
    one.exitOverride().configureOutput(output).allowExcessArguments(false);
  try {
    await program.addCommand(command).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    host.printError(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    const isUsage =
      error instanceof SimulatorError &&
      ['OPTIONS_INVALID', 'FAULTS_INVALID', 'FAULTS_UNREADABLE'].includes(error.code);
    return isUsage ? EXIT_USAGE : EXIT_FAILED;
  }
}

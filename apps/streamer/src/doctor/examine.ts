import type { StreamerConfig } from '@org/config';
import type { Market, StreamKey } from '@org/market-data';
import { assignSymbols } from '../control/assign-symbols.ts';
import type { Listing } from '../control/universe/listing.ts';
import { selectSymbols } from '../control/universe/select-symbols.ts';
import { openFilesMax } from '../writer/open-files.ts';
import { checkClock } from './checks/check-clock.ts';
import { contradictions } from './checks/check-config.ts';
import { checkExchange, type RestAnswer } from './checks/check-exchange.ts';
import { checkFolder } from './checks/check-folder.ts';
import { checkConnections, checkMemory, checkOpenFiles } from './checks/check-machine.ts';
import { checkNats, natsPlaces } from './checks/check-nats.ts';
import { checkNode } from './checks/check-node.ts';
import { checkFolderHeld, checkPort } from './checks/check-recorder.ts';
import { checkRoom } from './checks/check-room.ts';
import { checkRoute } from './checks/check-route.ts';
import { within } from './deadline.ts';
import {
  BUSY_EVENTS_PER_SECOND,
  expectedLoad,
  type ExpectedLoad,
  MEAN_EVENTS_PER_SECOND,
} from './expected-load.ts';
import { type Attempt, error, type Finding } from './finding.ts';
import { openFilesLimit } from './open-files-limit.ts';
import type { MachineFacts, Probes } from './probes.ts';
import { routesOf } from './probes/route-probe.ts';

/** All together, with the moment of grace that each probe has, end within nine seconds. */
const LOCAL_LIMIT_MS = 4000;
const LISTING_LIMIT_MS = 2500;
const CLOCK_LIMIT_MS = 5000;
const ROUTES_LIMIT_MS = 5000;

/** Symbols whose streams are listened to. */
const HEARD_MAX = 3;
/** When nothing is known of what is listed, there is this one, and about so many. */
const LARGEST: Readonly<Record<Market, string>> = { usdm: 'BTCUSDT', coinm: 'BTCUSD_PERP', spot: 'BTCUSDT' };
const LISTED_GUESS = 600;
/** So few of the largest are as busy as symbols that somebody names. */
const BUSY_TOP_MAX = 20;

/**
 * Looks at everything that recording by this configuration needs, all at once and within ten seconds. Never rejects: what
 * cannot be reached is a finding. The findings are in an order of their own, whatever was found first.
 */
export async function examine(config: StreamerConfig, probes: Probes): Promise<readonly Finding[]> {
  const { storage, logging, monitoring } = config;
  const local = <T>(probe: () => Promise<T>): Promise<Attempt<T>> =>
    within(probes.clock, LOCAL_LIMIT_MS, probe);
  const listing = answered(within(probes.clock, LISTING_LIMIT_MS, (signal) => probes.listing(signal)));
  const [output, logs, room, held, port, nats, time, answer, routes] = await Promise.all([
    local(() => probes.folder(storage.outputDir)),
    local(() => probes.folder(logging.dir)),
    local(() => probes.room(storage.outputDir)),
    local(() => probes.isHeld(storage.outputDir)),
    local(() => probes.port(monitoring.host, monitoring.port)),
    Promise.all(
      natsPlaces(config).map(async (place) => checkNats(place, await local(() => probes.nats(place)))),
    ),
    within(probes.clock, CLOCK_LIMIT_MS, (signal) => probes.time(signal)),
    listing,
    heardRoutes(config, probes, listing),
  ]);
  const machine = probes.machine();
  const symbols = symbolsOf(config, listed(answer));
  const load = loadOf(config, symbols, machine);
  const { network } = config;
  return [
    ...contradictions(config),
    ...checkNode(machine),
    checkFolder('storage.output_dir', storage.outputDir, output),
    checkFolder('logging.dir', logging.dir, logs),
    ...checkRoom(config, load, room),
    checkMemory(load, machine.availableBytes),
    checkOpenFiles(load, openFilesLimit(machine.limits), openFilesMax(machine.limits)),
    checkConnections(load),
    checkClock('found' in time ? time.found : time),
    ...checkExchange(network.restUrl, config.symbols.pairs, answer),
    ...('found' in routes ? routes.found.map(checkRoute) : [routeProblem(network.wsUrl, routes.problem)]),
    ...nats.flat(),
    checkFolderHeld(storage.outputDir, held),
    'found' in port
      ? checkPort(port.found, 'found' in held && held.found)
      : checkPort({ ...monitoring, problem: port.problem, isRecorder: false }, false),
  ];
}

async function answered(attempt: Promise<Attempt<RestAnswer<Listing>>>): Promise<RestAnswer<Listing>> {
  const settled = await attempt;
  return 'found' in settled ? settled.found : { ...settled, code: 'REQUEST_TIMED_OUT' };
}

function listed(answer: RestAnswer<Listing>): Listing | undefined {
  return 'found' in answer ? answer.found : undefined;
}

/** Named symbols are listened to at once; what the exchange is to choose from has to be known first. */
async function heardRoutes(
  config: StreamerConfig,
  probes: Probes,
  listing: Promise<RestAnswer<Listing>>,
): ReturnType<typeof within<Awaited<ReturnType<Probes['routes']>>>> {
  const known = config.symbols.universe === undefined ? undefined : listed(await listing);
  const streams = heardStreams(config, symbolsOf(config, known));
  return within(probes.clock, ROUTES_LIMIT_MS, (signal) => probes.routes(streams, signal));
}

/** The largest symbol, if it is among them, and some more: that one quiet symbol says nothing proves nothing. */
export function heardStreams(
  { network, symbols }: StreamerConfig,
  names: readonly string[],
): readonly StreamKey[] {
  const largest = LARGEST[network.market];
  const heard = names.length === 0 || names.includes(largest) ? [largest, ...names] : names;
  return [...new Set(heard)]
    .slice(0, HEARD_MAX)
    .flatMap((symbol) => symbols.streams.map((stream) => ({ symbol, stream })));
}

/** The symbols that will be recorded, as far as that is known. */
function symbolsOf({ symbols }: StreamerConfig, listing: Listing | undefined): readonly string[] {
  const { pairs, universe: rules } = symbols;
  if (rules === undefined) return pairs;
  return listing === undefined ? [] : selectSymbols({ listing, rules, largest: undefined });
}

function loadOf(config: StreamerConfig, symbols: readonly string[], { cores }: MachineFacts): ExpectedLoad {
  const { universe, perWorker, streams } = config.symbols;
  const chosen = symbols.length === 0 ? LISTED_GUESS : symbols.length;
  const top = universe?.topByVolume ?? 0;
  const count = top === 0 ? chosen : Math.min(chosen, top + (universe?.include.length ?? 0));
  const isBusy = universe === undefined || (top > 0 && top <= BUSY_TOP_MAX);
  const names = Array.from({ length: count }, (_, index) => String(index));
  const hands = assignSymbols(names, perWorker, cores);
  return expectedLoad({
    config,
    symbols: count,
    eventsPerSecond: isBusy ? BUSY_EVENTS_PER_SECOND : MEAN_EVENTS_PER_SECOND,
    workers: hands.length * config.network.redundancy,
    routes: routesOf(config.network, streams).length,
  });
}

function routeProblem(wsUrl: string, problem: string): Finding {
  return error('route', `${wsUrl}: ${problem}`, 'check network, proxy and firewall, and network.ws_url');
}

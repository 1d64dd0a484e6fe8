import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinanceRest, systemClock } from '@org/binance-client';
import type { StreamerConfig } from '@org/config';
import { hostBudget } from '../control/host-budget.ts';
import { leveledLog } from '../logging/child-log.ts';
import { processLimits } from '../writer/open-files.ts';
import type { Probes } from './probes.ts';
import { probeFolder, probeRoom } from './probes/folder-probe.ts';
import { probeDoor, probePort } from './probes/local-probe.ts';
import { probeNats } from './probes/nats-probe.ts';
import { probeClock, probeListing } from './probes/rest-probe.ts';
import { probeRoutes } from './probes/route-probe.ts';

/** This machine and the exchange of the configuration. Requests are counted with those of all recorders of this user. */
export function openProbes({ network }: StreamerConfig): Probes & { close(): void } {
  // For an exchange on loopback the account is in the folder of its recorder, which may not be there yet.
  const folder = mkdtempSync(join(tmpdir(), 'recorder-doctor-'));
  const silent = leveledLog(() => undefined);
  const budget = hostBudget(network, folder, silent);
  const { market, restUrl } = network;
  const rest = new BinanceRest({ market, restUrl, budget, retry: { attempts: 1 } });
  return {
    clock: systemClock,
    machine: () => ({
      version: process.versions.node,
      tlsRejectUnauthorized: process.env['NODE_TLS_REJECT_UNAUTHORIZED'],
      cores: availableParallelism(),
      // Since Node 20.13; it knows the limit of a container.
      availableBytes: process.availableMemory?.() ?? freemem(),
      limits: processLimits(),
    }),
    folder: probeFolder,
    room: probeRoom,
    listing: (signal) => probeListing(rest, systemClock, signal),
    time: (signal) => probeClock(rest, systemClock, signal),
    routes: (streams, signal) =>
      probeRoutes({ network, streams, attempts: budget.attempts, clock: systemClock, signal }),
    isHeld: probeDoor,
    nats: probeNats,
    port: probePort,
    close: () => {
      rest.close();
      budget.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

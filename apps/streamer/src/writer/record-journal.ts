import { join } from 'node:path';
import { Journal } from '@org/journal';
import { errorFields, type Log } from '../logging/child-log.ts';

/** The folder of the journal in the output folder. */
export const JOURNAL_FOLDER = '.journal';

/** Smaller than the library's own defaults: a laptop's disk and a day of quiet symbols fit as well. */
const SEGMENT_BYTES = 32 * 1024 * 1024;
const RESERVE_BYTES = 64 * 1024 * 1024;

/** A worker for every symbol of the exchange, on two lines, over all generations, is a tenth of it. */
export const LANES_MAX = 65_536;

export interface RecordJournalOptions {
  readonly outputPath: string;
  /** The greatest position that a sink has stored. */
  readonly knownPosition: number;
  readonly log: Log;
  /** Nobody knows what the device has: end the process. */
  readonly failed: (error: unknown) => void;
}

/** Opens the main queue: what is in it is durable, whatever dies. Says what the recovery found. */
export async function openRecordJournal(options: RecordJournalOptions): Promise<Journal> {
  const { outputPath, knownPosition, log, failed } = options;
  const journal = await Journal.open({
    dir: join(outputPath, JOURNAL_FOLDER),
    segmentBytes: SEGMENT_BYTES,
    reserveBytes: RESERVE_BYTES,
    lanesMax: LANES_MAX,
    knownPosition,
    handlers: {
      damaged: (damage) => log.error('JournalDamaged', { ...damage }),
      diskFull: (error) => log.error('DiskFull', errorFields(error)),
      diskFreed: () => log.info('DiskFreed'),
      failed,
    },
  });
  const { damage, ...report } = journal.recovery;
  log.info('JournalOpened', { ...report, damages: damage.length });
  for (const each of damage) log.error('JournalDamaged', { ...each });
  return journal;
}

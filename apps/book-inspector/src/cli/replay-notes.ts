import { formatTimeUs, type Moment } from '../moment.ts';
import type { ReplayOutcome } from '../replay-recording.ts';
import { countText } from './count-text.ts';

/** What a user must know beside the result: damage, and a moment that the recording does not reach. */
export function replayNotes(outcome: ReplayOutcome, moment: Moment | undefined): string[] {
  const { damaged, rejected } = outcome.source;
  const notes = damaged.map(({ file, problem }) => `damaged: ${file}: ${problem}`);
  if (rejected > 0) notes.push(`damaged: ${countText(rejected, 'broken row')} left out`);
  if (moment !== undefined && !outcome.isStopped && outcome.span !== undefined) {
    const last = formatTimeUs(outcome.span.lastReceivedAtUs);
    notes.push(`--at ${readAs(moment)} lies behind the last message, which came at ${last}`);
  }
  return notes;
}

/** Why there is no book, with what there is instead. */
export function noBookText(outcome: ReplayOutcome, moment: Moment | undefined): string {
  const files = countText(outcome.source.files, 'file');
  const until = moment === undefined ? '' : ` up to --at ${readAs(moment)}`;
  const begin =
    outcome.span === undefined ? '' : `; the files begin at ${formatTimeUs(outcome.span.firstReceivedAtUs)}`;
  const read = `${countText(outcome.messages, 'depth message')} of ${files}${until}${begin}`;
  switch (outcome.noBookReason) {
    case 'no-snapshot':
      return `no snapshot, which a book starts from, among ${read}`;
    case 'no-join':
      return `no join: ${countText(outcome.snapshots, 'snapshot')} without a message that continues it, among ${read}`;
    default:
      return `no depth message in ${files}${until}${begin}`;
  }
}

/** The moment as it was understood, because a number may have been meant the other way. */
function readAs(moment: Moment): string {
  const meaning = moment.kind === 'time' ? formatTimeUs(moment.atUs) : `update id ${moment.updateId}`;
  return `${moment.text} (${meaning})`;
}

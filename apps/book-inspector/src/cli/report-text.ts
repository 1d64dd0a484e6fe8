import { formatTimeUs } from '../moment.ts';
import type { GapEvent, ReplayEvent, ReplayView } from '../replay-view.ts';
import { countText, thousands } from './count-text.ts';
import { ladderText } from './ladder-text.ts';
import { painter, type Paint, type Style } from './paint.ts';

/** Gaps that are listed one by one; their number is always told. */
const GAPS_SHOWN_MAX = 20;

const STATES = {
  live: 'in sync',
  waiting: 'a snapshot that no diff has joined yet',
  unproven: 'UNPROVEN: messages with damaged rows are part of it',
  gap: 'NOT IN SYNC: the last exact book, from before the gap',
} as const;

/** The result of a replay for people: what the book is, the ladder, the gaps. Ends with a line feed. */
export function reportText(view: ReplayView, style: Style): string {
  const paint = painter(style.colours);
  const lines = [
    ...headLines(view, paint),
    '',
    ...ladderText(view.top, style),
    '',
    ...gapLines(view, paint),
    paint('dim', `sha256 ${view.checksum}`),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

const STATE_COLOURS = { live: 'green', waiting: 'yellow', unproven: 'red', gap: 'red' } as const;

function headLines(view: ReplayView, paint: Paint): string[] {
  const state = paint(STATE_COLOURS[view.state], STATES[view.state]);
  const counts = [
    countText(view.files, 'file'),
    countText(view.messages, 'message'),
    `${thousands(view.applied)} applied`,
    `${thousands(view.stale)} stale`,
    countText(view.snapshots, 'snapshot'),
    countText(view.gaps, 'gap'),
    `${(view.elapsedMs / 1000).toFixed(1)} s`,
  ];
  return [
    `${paint('bold', view.symbol)}   ${formatTimeUs(view.receivedAtUs)}   update id ${view.lastUpdateId}   ${state}`,
    counts.join('   '),
    [countText(view.bids, 'bid level'), countText(view.asks, 'ask level'), ...oddities(view, paint)].join(
      '   ',
    ),
  ];
}

/** What is zero in a good recording is told only when it is not. */
function oddities(view: ReplayView, paint: Paint): string[] {
  const damagedFiles = new Set(view.damaged.map(({ file }) => file)).size;
  const found: readonly (readonly [number, string])[] = [
    [view.pending, `${thousands(view.pending)} waiting for a snapshot`],
    [view.dropped, `${thousands(view.dropped)} without a snapshot`],
    [view.refused, `${thousands(view.refused)} malformed`],
    [view.rejected, countText(view.rejected, 'broken row')],
    [damagedFiles, countText(damagedFiles, 'damaged file')],
  ];
  const texts = found.filter(([number]) => number > 0).map(([, text]) => text);
  if (view.crossed) texts.push('crossed: the best bid is not below the best ask');
  return texts.map((text) => paint('yellow', text));
}

function gapLines(view: ReplayView, paint: Paint): string[] {
  const lines: string[] = [];
  let shown = 0;
  view.events.forEach((event, index) => {
    if (event.type === 'gap' && shown++ < GAPS_SHOWN_MAX)
      lines.push(...gapTexts(event, view.events[index + 1]));
  });
  if (view.gaps > GAPS_SHOWN_MAX) lines.push(`and ${countText(view.gaps - GAPS_SHOWN_MAX, 'more gap')}`);
  return lines.length === 0 ? [] : [...lines.map((line) => paint('yellow', line)), ''];
}

function gapTexts(gap: GapEvent, next: ReplayEvent | undefined): string[] {
  const ids = `U ${gap.firstUpdateId} u ${gap.finalUpdateId} pu ${gap.previousFinalUpdateId}`;
  const found = gap.reason === 'malformed' ? `a level of ${ids} is malformed` : `the next message is ${ids}`;
  const healed =
    next?.type === 'synced'
      ? `in sync again with snapshot ${next.lastUpdateId} at ${formatTimeUs(next.receivedAtUs)}`
      : 'not in sync again';
  return [
    `gap after update id ${gap.lastUpdateId} at ${formatTimeUs(gap.lastReceivedAtUs)}`,
    `    ${found} at ${formatTimeUs(gap.receivedAtUs)}`,
    `    ${healed}`,
  ];
}

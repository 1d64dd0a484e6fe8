import { arrange, element, make, setAttribute, setText } from './elements.ts';
import { formatBytes, formatCount, formatDuration, formatRate, formatTime } from './format.ts';
import type { RecorderStatus } from './recorder-status.ts';
import type { SymbolRow } from './symbol-rows.ts';

/** A recorder that just began has a reason for every stream. */
const OBSTACLES_SHOWN = 6;

/** State, reasons, and the figures that are looked at first. */
export function showHeader(status: RecorderStatus, rows: readonly SymbolRow[]): void {
  setAttribute(element('state'), 'data-state', status.state);
  setText(element('state-name'), status.state);
  setText(element('state-since'), `since ${when(status.stateSince, status.observedAt)}`);
  const runningMs = Date.parse(status.observedAt) - Date.parse(status.startedAt);
  setText(element('running'), `version ${status.version}, running for ${formatDuration(runningMs)}`);
  document.title = status.state === 'healthy' ? 'Recorder' : `${status.state}: Recorder`;
  showObstacles(status.obstacles);
  showGlance(glance(status, rows));
}

/** The time of day; with the date when it was on another day. */
function when(at: string, now: string): string {
  const atMs = Date.parse(at);
  const [day, today] = [new Date(atMs), new Date(now)].map((date) => date.toLocaleDateString('en-CA'));
  return day === today ? formatTime(atMs) : `${day} ${formatTime(atMs)}`;
}

function showObstacles(obstacles: readonly string[]): void {
  element('obstacles').hidden = obstacles.length === 0;
  const shown = obstacles.slice(0, OBSTACLES_SHOWN);
  const more = obstacles.length - shown.length;
  const texts = more > 0 ? [...shown, `and ${more} more`] : shown;
  const list = element('obstacle-list');
  arrange(list, texts.map((text, index) => list.children[index] ?? make('li', {}, text))); // prettier-ignore
  texts.forEach((text, index) => setText(list.children[index]!, text));
}

interface Figure {
  readonly title: string;
  readonly value: string;
  readonly isBad?: boolean;
}

function glance(status: RecorderStatus, rows: readonly SymbolRow[]): Figure[] {
  const rates = rows.flatMap(({ eventsPerSecond }) => eventsPerSecond ?? []);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const live = status.books.filter(({ state }) => state === 'live').length;
  const gaps = sum(rows.map((row) => row.gaps));
  const alarms = rows.filter((row) => row.alarms !== '').length;
  const restarts = sum(status.processes.map((process) => process.restarts));
  const oldestMs = Math.max(0, ...status.queues.map(({ oldestAgeMs }) => oldestAgeMs));
  return [
    { title: 'Events/s', value: formatRate(rates.length === 0 ? undefined : sum(rates)) },
    { title: 'Events', value: formatCount(sum(status.streams.map(({ events }) => events))) },
    { title: 'Books in sync', value: `${live} of ${status.books.length}`, isBad: live < status.books.length },
    { title: 'Gaps', value: formatCount(gaps), isBad: gaps > 0 },
    { title: 'Alarms', value: formatCount(alarms), isBad: alarms > 0 },
    { title: 'Oldest in a queue', value: formatDuration(oldestMs) },
    { title: 'Memory', value: formatBytes(sum(status.processes.map(({ rssBytes = 0 }) => rssBytes))) },
    { title: 'Restarts', value: formatCount(restarts), isBad: restarts > 0 },
  ];
}

function showGlance(figures: readonly Figure[]): void {
  const list = element('glance');
  for (const [index, { title, value, isBad = false }] of figures.entries()) {
    let entry = list.children[index];
    if (entry === undefined) {
      entry = make('div');
      entry.append(make('dt', {}, title), make('dd'));
      list.append(entry);
    }
    setText(entry.lastElementChild!, value);
    setAttribute(entry.lastElementChild!, 'data-tone', isBad ? 'bad' : undefined);
  }
}

import { arrange, element, make, setAttribute, setText } from './elements.ts';
import { formatDuration, formatTime } from './format.ts';
import { type Figure, glance } from './glance.ts';
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

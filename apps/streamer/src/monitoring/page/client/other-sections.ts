import { arrange, element, make, setText } from './elements.ts';
import { formatFact } from './facts.ts';
import type { RecorderStatus } from './recorder-status.ts';
import { type Section, sectionsOf } from './sections.ts';

/** What other parts of the page show. */
const SHOWN: ReadonlySet<string> = new Set([
  'state', 'version', 'startedAt', 'observedAt', 'stateSince', 'obstacles', 'processes', 'streams', 'queues',
  'writeLatencyMs', 'receiptToDurableMs', 'receiptToDurable', 'books',
]); // prettier-ignore

const TITLES: Readonly<Record<string, string>> = { archive: 'Closed files', logs: 'Log lines' };

const FACTS_MAX = 24;

/** Whatever else the recorder tells, figure by figure: a recorder may be newer than what this page knows. */
export function showOtherSections(status: RecorderStatus): void {
  const place = element('other-sections');
  const sections = new Map(
    [...place.children].map((section) => [section.getAttribute('data-name'), section]),
  );
  const isTold = (value: unknown): boolean => value !== null && !(Array.isArray(value) && value.length === 0);
  const unknown = Object.entries(status).filter(([name, value]) => !SHOWN.has(name) && isTold(value));
  const told = unknown.flatMap(([name, value]) => sectionsOf(name, value));
  arrange(place, told.map((section) => filled(sections.get(section.name) ?? emptySection(section.name), section))); // prettier-ignore
}

function emptySection(name: string): HTMLElement {
  const title = TITLES[name] ?? formatFact(name, null).title;
  const section = make('section', { 'data-name': name, 'aria-label': title });
  const bar = make('div', { class: 'bar' });
  bar.append(make('h2', {}, title));
  section.append(bar, make('dl', { class: 'glance' }));
  return section;
}

function filled(element: Element, { entries }: Section): Element {
  const list = element.lastElementChild!;
  const facts = entries.slice(0, FACTS_MAX).map(([name, content]) => formatFact(name, content));
  arrange(list, facts.map((_, index) => list.children[index] ?? emptyFact())); // prettier-ignore
  facts.forEach(({ title, text }, index) => {
    setText(list.children[index]!.firstElementChild!, title);
    setText(list.children[index]!.lastElementChild!, text);
  });
  return element;
}

function emptyFact(): HTMLElement {
  const fact = make('div');
  fact.append(make('dt'), make('dd'));
  return fact;
}

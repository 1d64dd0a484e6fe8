import { arrange, element, make, setText } from './elements.ts';
import { formatFact } from './facts.ts';
import type { RecorderStatus } from './recorder-status.ts';

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
  arrange(
    place,
    unknown.map(([name, value]) => filled(sections.get(name) ?? emptySection(name), value)),
  );
}

function emptySection(name: string): HTMLElement {
  const title = TITLES[name] ?? formatFact(name, null).title;
  const section = make('section', { 'data-name': name, 'aria-label': title });
  const bar = make('div', { class: 'bar' });
  bar.append(make('h2', {}, title));
  section.append(bar, make('dl', { class: 'glance' }));
  return section;
}

function filled(section: Element, value: unknown): Element {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = isPlain ? Object.entries(value) : [['value', value] as const];
  const list = section.lastElementChild!;
  const facts = entries.slice(0, FACTS_MAX).map(([name, content]) => formatFact(name, content));
  arrange(list, facts.map((_, index) => list.children[index] ?? emptyFact())); // prettier-ignore
  facts.forEach(({ title, text }, index) => {
    setText(list.children[index]!.firstElementChild!, title);
    setText(list.children[index]!.lastElementChild!, text);
  });
  return section;
}

function emptyFact(): HTMLElement {
  const fact = make('div');
  fact.append(make('dt'), make('dd'));
  return fact;
}

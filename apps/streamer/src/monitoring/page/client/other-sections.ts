import { arrange, element, make, setText } from './elements.ts';
import type { RecorderStatus } from './recorder-status.ts';

/** What other parts of the page show. */
const SHOWN: ReadonlySet<string> = new Set([
  'state', 'version', 'startedAt', 'observedAt', 'stateSince', 'obstacles', 'processes', 'streams', 'queues',
  'writeLatencyMs', 'receiptToDurableMs', 'receiptToDurable', 'books',
]); // prettier-ignore

const SECTION_LENGTH_MAX = 4000;

/** Whatever else the recorder tells, as it tells it: a recorder may be newer than what this page knows. */
export function showOtherSections(status: RecorderStatus): void {
  const place = element('other-sections');
  const sections = new Map(
    [...place.children].map((section) => [section.getAttribute('data-name'), section]),
  );
  const unknown = Object.entries(status).filter(
    ([name, value]) => !SHOWN.has(name) && !(Array.isArray(value) && value.length === 0),
  );
  arrange(
    place,
    unknown.map(([name, value]) => filled(sections.get(name) ?? emptySection(name), value)),
  );
}

function emptySection(name: string): HTMLElement {
  const section = make('section', { 'data-name': name, 'aria-label': name });
  const bar = make('div', { class: 'bar' });
  bar.append(make('h2', {}, name));
  section.append(bar, make('pre', { tabindex: '0', 'aria-label': name }));
  return section;
}

function filled(section: Element, value: unknown): Element {
  const text = JSON.stringify(value, undefined, 2) ?? '';
  setText(
    section.lastElementChild!,
    text.length > SECTION_LENGTH_MAX ? `${text.slice(0, SECTION_LENGTH_MAX)} …` : text,
  );
  return section;
}

import { arrange, element, make, setAttribute, setText } from './elements.ts';
import { formatCount, formatDuration, formatRate, formatSpread, NOTHING } from './format.ts';
import { filterRows, sortRows, type RowOrder, type SymbolColumn, type SymbolRow } from './symbol-rows.ts';

interface Column {
  readonly name: SymbolColumn;
  readonly title: string;
  readonly kind: string;
  readonly text: (row: SymbolRow) => string;
  readonly isBad?: (row: SymbolRow) => boolean;
}

const COLUMNS: readonly Column[] = [
  { name: 'symbol', title: 'Symbol', kind: '', text: ({ symbol }) => symbol },
  { name: 'book', title: 'Book', kind: '', text: ({ book }) => book || NOTHING },
  { name: 'eventsPerSecond', title: 'Events/s', kind: 'number', text: (row) => formatRate(row.eventsPerSecond) },
  { name: 'ageMs', title: 'Age', kind: 'number', text: ({ ageMs }) => formatDuration(ageMs) },
  { name: 'bid', title: 'Bid', kind: 'number bid', text: ({ bid }) => bid ?? NOTHING },
  { name: 'ask', title: 'Ask', kind: 'number ask', text: ({ ask }) => ask ?? NOTHING },
  { name: 'spread', title: 'Spread', kind: 'number', text: ({ spread, ask }) => formatSpread(spread, ask) },
  { name: 'gaps', title: 'Gaps', kind: 'number', text: ({ gaps }) => formatCount(gaps), isBad: ({ gaps }) => gaps > 0 },
  { name: 'alarms', title: 'Alarms', kind: '', text: ({ alarms }) => alarms || NOTHING, isBad: ({ alarms }) => alarms !== '' },
]; // prettier-ignore

/** The first click on these shows the greatest first. */
const DESCENDING_FIRST: ReadonlySet<SymbolColumn> = new Set(['eventsPerSecond', 'ageMs', 'spread', 'gaps']);

/** The table of symbols: sorted by its heads, filtered by the field above it. */
export class SymbolTable {
  readonly #body = element('symbol-rows');
  readonly #filter = element<HTMLInputElement>('filter');
  readonly #troubledOnly = element<HTMLInputElement>('troubled-only');
  readonly #heads = new Map<SymbolColumn, HTMLElement>();
  readonly #lines = new Map<string, HTMLElement>();
  #order: RowOrder = { column: 'symbol', isDescending: false };
  #rows: readonly SymbolRow[] = [];
  #shown: readonly string[] = [];

  constructor() {
    for (const column of COLUMNS) this.#addHead(column);
    this.#showOrder();
    this.#filter.addEventListener('input', () => this.#arrange());
    this.#troubledOnly.addEventListener('change', () => this.#arrange());
  }

  /** Rows that are being looked at or pointed at stay where they are; their values change. */
  show(rows: readonly SymbolRow[]): void {
    this.#rows = rows;
    for (const row of rows) this.#fill(row);
    const isTouched = this.#body.matches(':hover') || this.#body.contains(document.activeElement);
    if (!isTouched || !this.#isSameSet()) this.#arrange();
  }

  #addHead({ name, title, kind }: Column): void {
    const head = make('th', { role: 'columnheader', scope: 'col', class: kind });
    const button = make('button', { type: 'button' }, title);
    button.addEventListener('click', () => this.#sortBy(name));
    head.append(button);
    this.#heads.set(name, head);
    element('symbol-head').append(head);
  }

  #sortBy(column: SymbolColumn): void {
    const isSame = this.#order.column === column;
    this.#order = { column, isDescending: isSame ? !this.#order.isDescending : DESCENDING_FIRST.has(column) };
    this.#showOrder();
    this.#arrange();
  }

  #showOrder(): void {
    const { column, isDescending } = this.#order;
    for (const [name, head] of this.#heads)
      setAttribute(
        head,
        'aria-sort',
        name === column ? (isDescending ? 'descending' : 'ascending') : undefined,
      );
  }

  #visible(): SymbolRow[] {
    return filterRows(this.#rows, this.#filter.value, this.#troubledOnly.checked);
  }

  #isSameSet(): boolean {
    const visible = this.#visible();
    const shown = new Set(this.#shown);
    return visible.length === shown.size && visible.every(({ symbol }) => shown.has(symbol));
  }

  #arrange(): void {
    const sorted = sortRows(this.#visible(), this.#order);
    this.#shown = sorted.map(({ symbol }) => symbol);
    arrange(this.#body, sorted.map(({ symbol }) => this.#lines.get(symbol)!)); // prettier-ignore
    const all = this.#rows.length;
    setText(element('symbol-count'), sorted.length === all ? `${all}` : `${sorted.length} of ${all}`);
    element('no-symbols').hidden = sorted.length > 0 || all === 0;
  }

  #fill(row: SymbolRow): void {
    let line = this.#lines.get(row.symbol);
    if (line === undefined) this.#lines.set(row.symbol, (line = emptyLine(row.symbol)));
    for (const [index, { text, isBad }] of COLUMNS.entries()) {
      const cell = line.children[index]!;
      setText(cell, text(row));
      if (isBad !== undefined) setAttribute(cell, 'data-tone', isBad(row) ? 'bad' : undefined);
    }
    setAttribute(line.lastElementChild!, 'title', row.alarms || undefined);
  }
}

function emptyLine(symbol: string): HTMLElement {
  const line = make('tr', { role: 'row', 'data-symbol': symbol });
  for (const { name, title, kind } of COLUMNS)
    line.append(
      name === 'symbol'
        ? make('th', { role: 'rowheader', scope: 'row', class: kind })
        : make('td', { role: 'cell', class: kind, 'data-label': title, 'data-column': name }),
    );
  return line;
}

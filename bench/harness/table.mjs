/**
 * @typedef {object} ResultRow One line of the table.
 * @property {string} what the work, and on how much of it
 * @property {number} ours
 * @property {string} unit of `ours` and of `peerValue`
 * @property {string} peer name and version; '' where a figure stands for itself
 * @property {number} [peerValue]
 * @property {{ median: number, lowest: number, highest: number }} [ratio] of peer to ours
 * @property {number} [demanded] least ratio, or least value of ours where there is no peer
 * @property {readonly string[]} notes
 */

/** @typedef {{ title: string, isNumber: boolean, cell: (row: ResultRow) => string }} Column */

/** @type {readonly Column[]} */
const COLUMNS = [
  { title: 'what', isNumber: false, cell: ({ what }) => what },
  { title: 'ours', isNumber: true, cell: ({ ours }) => figure(ours) },
  { title: 'unit', isNumber: false, cell: ({ unit }) => unit },
  { title: 'peer', isNumber: false, cell: ({ peer }) => peer },
  {
    title: 'its',
    isNumber: true,
    cell: ({ peerValue }) => (peerValue === undefined ? '' : figure(peerValue)),
  },
  { title: 'ratio', isNumber: true, cell: ({ ratio }) => (ratio === undefined ? '' : figure(ratio.median)) },
  { title: 'from, to', isNumber: true, cell: ({ ratio }) => (ratio === undefined ? '' : spread(ratio)) },
  {
    title: 'demanded',
    isNumber: true,
    cell: ({ demanded }) => (demanded === undefined ? '' : `${demanded}`),
  },
  { title: 'met?', isNumber: false, cell: (row) => verdict(row) },
];

/**
 * Whether the row is as good as demanded; undefined where nothing is. A value without a peer is a rate: more is better.
 *
 * @param {ResultRow} row
 * @returns {boolean | undefined}
 */
export function isMet({ demanded, ratio, ours }) {
  return demanded === undefined ? undefined : (ratio?.median ?? ours) >= demanded;
}

/**
 * The table as Markdown whose columns also line up in a terminal, with the notes numbered below.
 *
 * @param {readonly ResultRow[]} rows
 * @returns {string} lines, each ended by LF
 */
export function formatTable(rows) {
  const notes = [...new Set(rows.flatMap((row) => row.notes))];
  const cells = rows.map((row) => COLUMNS.map((column) => column.cell(row)));
  rows.forEach((row, index) => {
    const numbers = row.notes.map((note) => ` [${notes.indexOf(note) + 1}]`);
    const line = cells[index] ?? [];
    line[0] += numbers.join('');
  });
  const widths = COLUMNS.map(({ title }, column) =>
    Math.max(3, title.length, ...cells.map((line) => (line[column] ?? '').length)),
  );
  const lines = [
    formatLine(
      COLUMNS.map(({ title }) => title),
      widths,
    ),
    formatRule(widths),
    ...cells.map((line) => formatLine(line, widths)),
  ];
  const noteLines = notes.map((note, index) => `${index + 1}. ${note}\n`);
  return `${lines.join('')}${noteLines.length === 0 ? '' : `\n${noteLines.join('')}`}`;
}

/**
 * @param {readonly string[]} cells
 * @param {readonly number[]} widths
 */
function formatLine(cells, widths) {
  const padded = cells.map((cell, column) => {
    const width = widths[column] ?? 0;
    return COLUMNS[column]?.isNumber === true ? cell.padStart(width) : cell.padEnd(width);
  });
  return `| ${padded.join(' | ')} |\n`;
}

/** @param {readonly number[]} widths */
function formatRule(widths) {
  const rules = widths.map((width, column) =>
    COLUMNS[column]?.isNumber === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return `| ${rules.join(' | ')} |\n`;
}

/** @param {ResultRow} row */
function verdict(row) {
  const met = isMet(row);
  return met === undefined ? '' : met ? 'yes' : 'NO';
}

/** @param {{ lowest: number, highest: number }} ratio */
function spread({ lowest, highest }) {
  return `${figure(lowest)}, ${figure(highest)}`;
}

/**
 * Three digits, which is more than the machine's noise leaves true.
 *
 * @param {number} value
 */
function figure(value) {
  if (!Number.isFinite(value)) return '?';
  const decimals = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(decimals);
}

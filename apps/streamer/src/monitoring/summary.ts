import { formatDuration, type StreamerConfig } from '@org/config';
import { parseStreamKey } from '@org/market-data';
import type { ChildState } from './recorder-status.ts';
import type { StatusBoard } from './status-board.ts';

interface StreamLine {
  stream: string;
  symbols: number;
  events: number;
  gaps: number;
  duplicates: number;
}

/** The last words of a recording: what was recorded, what is missing, where it is. */
export function printSummary(
  output: NodeJS.WritableStream,
  {
    board,
    config,
    symbols,
    startedAtMs,
    nowMs,
    children,
  }: {
    readonly board: StatusBoard;
    readonly config: StreamerConfig;
    readonly symbols: readonly string[];
    readonly startedAtMs: number;
    readonly nowMs: number;
    readonly children: readonly ChildState[];
  },
): void {
  const lines = streamLines(board, nowMs);
  const restarts = children.reduce((total, child) => total + child.restarts, 0);
  const { rows, bytes, rejected, reconnects, bookSnapshots } = board.totals();
  output.write(
    [
      `recorded ${symbols.length} symbols for ${formatDuration(nowMs - startedAtMs)} into ${config.storage.outputDir}`,
      ...table([
        ['stream', 'symbols', 'events', 'gaps', 'duplicates'],
        ...lines.map((line) =>
          [line.stream, line.symbols, line.events, line.gaps, line.duplicates].map(String),
        ),
      ]),
      `${rows} rows, ${bytes} bytes, ${bookSnapshots} book snapshots written; ` +
        `${rejected} records rejected, ${reconnects} reconnects, ${restarts} restarts`,
      '',
    ].join('\n'),
  );
}

function streamLines(board: StatusBoard, nowMs: number): StreamLine[] {
  const lines = new Map<string, StreamLine>();
  for (const { stream: key, events, gaps, duplicates } of board.streams(nowMs)) {
    const stream = parseStreamKey(key)?.stream ?? key;
    const line = lines.get(stream) ?? { stream, symbols: 0, events: 0, gaps: 0, duplicates: 0 };
    line.symbols++;
    line.events += events;
    line.gaps += gaps;
    line.duplicates += duplicates;
    lines.set(stream, line);
  }
  return [...lines.values()];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ')}`.trimEnd(),
  );
}

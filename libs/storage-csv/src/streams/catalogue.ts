import { STREAM_DEFINITIONS, type StreamDefinition } from '@org/storage';
import type { FileKind } from '../file-names.ts';
import { DEPTH_HEADER } from '../rows/depth-rows.ts';
import { GAPS_HEADER, ORDERBOOK_HEADER } from '../rows/report-rows.ts';

const HEADERS: ReadonlyMap<string, string> = new Map<FileKind, string>([
  ...STREAM_DEFINITIONS.map((definition): [FileKind, string] => [definition.kind, headerOf(definition)]),
  ['depth', DEPTH_HEADER],
  ['orderbook', ORDERBOOK_HEADER],
  ['gaps', GAPS_HEADER],
  ['rejected', ''],
]);

/** The header line of a kind of file without LF: '' where it has none, undefined for an unknown kind. */
export function fileHeader(kind: string): string | undefined {
  return HEADERS.get(kind);
}

function headerOf({ columns }: StreamDefinition): string {
  return columns.map(([name]) => name).join(',');
}

import type { SymbolFile, SymbolFiles } from '@org/storage-csv';
import { periodSpan } from './period-span.ts';
import type { ReadFile } from './read-file.ts';

/** A file of a recording, and what it is among the others of its kind. */
export interface PlacedFile {
  readonly stored: SymbolFile;
  readonly file: ReadFile;
}

/** The files of one kind in the order of time. */
export function placeFiles({ symbol, files }: SymbolFiles, kind: string): PlacedFile[] {
  const ofKind = files.filter((file) => file.kind === kind);
  return ofKind.map((stored, index) => {
    const { startUs, endUs } = periodSpan(stored.period);
    const next = ofKind.find(({ period }) => period > stored.period);
    const nextStartUs = next === undefined ? Infinity : periodSpan(next.period).startUs;
    return {
      stored,
      file: {
        name: `${symbol}/${stored.name}`,
        path: stored.path,
        kind,
        startUs,
        endUs: Math.min(endUs, nextStartUs > startUs ? nextStartUs : Infinity),
        isOpen: index === ofKind.length - 1 && !stored.isCompressed,
        isFirst: index === 0,
        isPeriodHead: ofKind[index - 1]?.period !== stored.period,
      },
    };
  });
}

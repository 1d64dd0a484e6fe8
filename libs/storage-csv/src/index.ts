export type { GapCounts } from './archive/gap-facts.ts';
export type { DayFigures, Manifest, ManifestFile } from './archive/manifest.ts';
export type { ClosedDay, PackDayOptions, PackOutcome } from './archive/pack-day.ts';
export type { PackOptions, StoredBytes } from './archive/pack-file.ts';
export type { RowFacts, RowPlace } from './archive/row-facts.ts';
export type { StorageCsvErrorCode, StorageCsvErrorDetails } from './errors.ts';
export type { FileKind, FileName, Rotation } from './file-names.ts';
export type { FileSystem, FolderEntry, OpenFile } from './file-system.ts';
export type { OpeningPlace } from './openings/opening-folder.ts';
export type {
  OpeningClock,
  OpeningMiss,
  OpeningMissReason,
  OpeningOptions,
  OpeningStats,
} from './openings/openings.ts';
export type { DepthCaptureOptions } from './read/depth-capture.ts';
export type { DepthFileOptions, DepthVisitOptions } from './read/depth-file.ts';
export type {
  BookTickerMessage,
  DepthMessage,
  DepthReadOptions,
  ReadRejection,
  UnfinishedLine,
} from './read/depth-message.ts';
export type { GapRow } from './read/gaps-file.ts';
export type {
  AggTradeRow,
  BookTickerRow,
  KlineRow,
  MarketRow,
  MarketRowKind,
  TimedRow,
  TradeRow,
} from './read/market-row.ts';
export type { BookBlock } from './read/orderbook-file.ts';
export type { StoredEnd, SymbolFile, SymbolFiles } from './read/symbol-files.ts';
export type { DepthSource, DepthSourceOptions } from './read/depth-sources.ts';
export type { DepthScale, DepthVisitor, RawDepth } from './read/raw-depth.ts';
export type { CsvSinkOptions, CsvSinkStats } from './sink/csv-sink.ts';
export type { ClosingTime } from './sink/finished-files.ts';

export { closedDays } from './archive/closed-days.ts';
export { packDay } from './archive/pack-day.ts';
export { StorageCsvError } from './errors.ts';
export { compareFileNames, formatFileName, parseFileName, Periods } from './file-names.ts';
export { nodeFileSystem } from './file-system.ts';
export { OpeningFolder } from './openings/opening-folder.ts';
export { readDepthCapture, visitDepthCapture } from './read/depth-capture.ts';
export { readDepthFile, visitDepthFile } from './read/depth-file.ts';
export { depthSources, findDepthSources, readDepthSource, visitDepthSource } from './read/depth-sources.ts';
export { visitGapsFile } from './read/gaps-file.ts';
export { visitMarketCapture } from './read/market-capture.ts';
export { visitMarketFile } from './read/market-file.ts';
export { visitRejectedFile } from './read/rejected-file.ts';
export { visitOrderbookFile } from './read/orderbook-file.ts';
export { isPartitionFolder, partitionFolder } from './read/partition-folders.ts';
export { presentPath } from './read/present-path.ts';
export { copyRawLevels } from './read/raw-depth.ts';
export { storedEnds, symbolFiles } from './read/symbol-files.ts';
export { addToSum } from './sink/content-sum.ts';
export { CsvSink } from './sink/csv-sink.ts';
export { fileHeader } from './streams/catalogue.ts';

import {
  presentPath,
  visitDepthFile,
  visitGapsFile,
  visitMarketFile,
  visitOrderbookFile,
  visitRejectedFile,
  type MarketRowKind,
  type StoredEnd,
  type SymbolFiles,
} from '@org/storage-csv';
import { sizeOf } from '../file-size.ts';
import { BookBlocks } from './book-blocks.ts';
import { DeclaredGaps } from './declared-gaps.ts';
import { DepthCheck } from './depth-check.ts';
import { visitFile, type FileReading } from './file-visit.ts';
import { FindingList } from './finding.ts';
import { GapCheck } from './gap-check.ts';
import { tellMissingPeriods } from './missing-periods.ts';
import { OpenEnds } from './open-ends.ts';
import { placeFiles, type PlacedFile } from './read-files.ts';
import { newRowCheck, ROW_KINDS } from './row-checks.ts';
import { Seals } from './seals.ts';
import type { StreamBreaks } from './stream-breaks.ts';
import type { KindCount, SymbolVerdict } from './verdict.ts';

export interface VerifyRun {
  /** What the recorder's checkpoint tells of open files, by `<SYMBOL>/<name>`. */
  readonly ends: ReadonlyMap<string, StoredEnd>;
  /** Whether somebody is writing these files now; asked only where it matters. */
  isGrowing(paths: readonly string[]): Promise<boolean>;
  progress?(bytesRead: number): void;
}

/** Checks the files of one symbol of a recording. Throws only what is a fault of this program or of the machine. */
export async function verifySymbol(found: SymbolFiles, run: VerifyRun): Promise<SymbolVerdict> {
  const verification = new SymbolVerification(found, run);
  return verification.run();
}

class SymbolVerification {
  readonly #found: SymbolFiles;
  readonly #run: VerifyRun;
  readonly #list: FindingList;
  readonly #seals: Seals;
  readonly #ends: OpenEnds;
  readonly #blocks: BookBlocks;
  readonly #kinds: KindCount[] = [];
  readonly #breaks: StreamBreaks[] = [];
  #bytesBefore = 0;

  constructor(found: SymbolFiles, run: VerifyRun) {
    this.#found = found;
    this.#run = run;
    this.#list = new FindingList(found.symbol);
    this.#seals = new Seals(found, this.#list.report);
    this.#ends = new OpenEnds(run.ends, this.#list.report);
    this.#blocks = new BookBlocks(this.#list.report);
  }

  async run(): Promise<SymbolVerdict> {
    const { symbol, strangers } = this.#found;
    const { report } = this.#list;
    for (const name of strangers)
      report({
        severity: 'warning',
        code: 'FILE_UNKNOWN',
        file: `${symbol}/${name}`,
        message: 'not a file of a recording',
      });
    tellMissingPeriods(this.#found, report);
    this.#ends.checkListed(this.#found);
    await this.#seals.load();
    for (const kind of ROW_KINDS) await this.#rowFiles(kind);
    await this.#depthFiles();
    // Behind the rows: a row of a gap is written no later than the row behind it.
    const gaps = await this.#gapFiles();
    await this.#files('rejected', (path, options) => visitRejectedFile(path, options));
    this.#seals.end();
    return {
      symbol,
      files: this.#found.files.length,
      kinds: this.#kinds,
      gaps,
      books: { checked: this.#blocks.checked, unchecked: this.#blocks.unchecked },
      errors: this.#list.errors,
      warnings: this.#list.warnings,
      findings: this.#list.all(),
      findingsLeftOut: this.#list.leftOut,
    };
  }

  async #rowFiles(kind: MarketRowKind): Promise<void> {
    const check = newRowCheck(kind, this.#list.report);
    let events = 0;
    await this.#files(
      kind,
      (path, options, gatherer) =>
        visitMarketFile(
          path,
          kind,
          (row) => {
            check.take(row);
            events++;
            gatherer.event(check.idOf(row), row.receivedAtUs);
          },
          options,
        ),
      { begin: ({ file }) => check.begin(file), events: () => events },
    );
    this.#breaks.push(...check.breaks);
  }

  /** Stored tops of the book are read one file ahead of the depth with which they are compared. */
  async #depthFiles(): Promise<void> {
    const check = new DepthCheck(this.#found.symbol, this.#list.report, this.#blocks, true);
    const ahead = new BlocksAhead(placeFiles(this.#found, 'orderbook'), (placed) => this.#blockFile(placed));
    const read: FileReading = (path, options, gatherer) =>
      visitDepthFile(
        path,
        (message) => {
          check.take(message);
          gatherer.event(message.finalUpdateId, message.receivedAtUs, message.firstUpdateId);
        },
        { ...options, scale: check.book },
      );
    await this.#files('depth', read, {
      begin: async (placed) => {
        await ahead.upTo(placed.file.endUs);
        check.begin(placed.file);
      },
      events: () => check.events,
    });
    await ahead.upTo(Infinity);
    check.end();
    this.#breaks.push(check.breaks);
    const { files, rows } = ahead;
    if (files > 0) this.#kinds.push({ kind: 'orderbook', files, rows, events: this.#blocks.blocks });
  }

  async #blockFile(placed: PlacedFile): Promise<number> {
    this.#blocks.begin(placed.file);
    return this.#file(placed, (path, options, gatherer) =>
      visitOrderbookFile(
        path,
        (block) => {
          this.#blocks.add(block);
          gatherer.event(block.lastUpdateId, block.receivedAtUs);
        },
        options,
      ),
    );
  }

  async #gapFiles(): Promise<SymbolVerdict['gaps']> {
    const { symbol } = this.#found;
    const declared = new DeclaredGaps(symbol, this.#list.report);
    let placed: PlacedFile | undefined;
    await this.#files(
      'gaps',
      (path, options, gatherer) =>
        visitGapsFile(
          path,
          (row) => {
            declared.add(placed!.file, row);
            gatherer.event(undefined, row.gap.detectedAtUs);
          },
          options,
        ),
      { begin: (file) => void (placed = file) },
    );
    const open = this.#found.files.filter(({ isCompressed }) => !isCompressed).map(({ path }) => path);
    const check = new GapCheck(symbol, declared, this.#list.report, () => this.#run.isGrowing(open));
    return {
      declared: declared.declared,
      healed: declared.healed,
      undeclared: await check.run(this.#breaks),
    };
  }

  async #files(
    kind: string,
    read: FileReading,
    hooks: { begin?: (placed: PlacedFile) => void | Promise<void>; events?: () => number } = {},
  ): Promise<void> {
    const files = placeFiles(this.#found, kind);
    let rows = 0;
    for (const placed of files) {
      await hooks.begin?.(placed);
      rows += await this.#file(placed, read);
    }
    if (files.length > 0)
      this.#kinds.push({ kind, files: files.length, rows, events: hooks.events?.() ?? rows });
  }

  /** Returns the rows that were found. */
  async #file({ file, stored }: PlacedFile, read: FileReading): Promise<number> {
    const { report } = this.#list;
    // It may have been packed since the folder was looked at.
    const path = presentPath(file.path);
    await this.#ends.checkLength(file.name, path);
    const facts = await visitFile({ ...file, path }, read, {
      report,
      isHashed: this.#seals.wantsContentHash(stored),
      summedBytes: this.#ends.of(file.name)?.bytes ?? 0,
      progress: (bytesRead) => this.#run.progress?.(this.#bytesBefore + bytesRead),
    });
    this.#bytesBefore += await sizeOf(path);
    this.#ends.checkContent(file.name, facts);
    await this.#seals.check({ ...stored, path, isCompressed: path.endsWith('.gz') }, facts);
    return facts.rows ?? 0;
  }
}

/** Reads files of one kind as far as a time asks for, and the one behind. */
class BlocksAhead {
  rows = 0;
  files = 0;
  readonly #waiting: PlacedFile[];
  readonly #read: (placed: PlacedFile) => Promise<number>;

  constructor(files: readonly PlacedFile[], read: (placed: PlacedFile) => Promise<number>) {
    this.#waiting = [...files];
    this.#read = read;
  }

  async upTo(timeUs: number): Promise<void> {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.file.startUs <= timeUs;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.files++;
      this.rows += await this.#read(next);
    }
  }
}

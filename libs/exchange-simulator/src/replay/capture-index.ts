import { FrameError, FrameFields, scanDepthSnapshot, scanFrame, SLOT } from '@org/binance-wire';
import { decimalToUnits, unitsToDecimal } from '@org/market-data';
import { captureFiles, CaptureError } from '@org/storage';
import { SimulatorError } from '../errors.ts';
import type { SymbolRules } from '../market-source.ts';
import { readCaptureMessage } from './capture-message.ts';
import { readUntilDamage } from './read-until-damage.ts';

/** One symbol of a folder: its files by day, and what can be known of it before the clock starts. */
export interface SymbolCapture {
  readonly symbol: string;
  readonly paths: readonly string[];
  /** Receipt of its first message, ns since the epoch. */
  readonly firstAtNs: bigint;
  readonly hasSnapshot: boolean;
  readonly rules: SymbolRules;
}

/** Prices and quantities that were seen, as text. */
interface Sample {
  readonly prices: Set<string>;
  readonly quantities: Set<string>;
}

/** Enough to tell tick and step; a snapshot of 1000 levels a side has more. */
const SAMPLE_MAX = 4000;

/**
 * Reads each symbol's captures as far as its first snapshot: that tells how prices and quantities are written, and
 * whether a depth request will ever find a book. Throws {@link SimulatorError} `CAPTURE_EMPTY` for a folder without any.
 */
export async function indexCaptures(directory: string): Promise<SymbolCapture[]> {
  const paths = new Map<string, string[]>();
  for (const file of await filesIn(directory)) {
    paths.set(file.symbol, [...(paths.get(file.symbol) ?? []), file.path]);
  }
  const captures: SymbolCapture[] = [];
  for (const [symbol, symbolPaths] of paths) {
    const capture = await indexSymbol(symbol, symbolPaths);
    if (capture !== undefined) captures.push(capture);
  }
  if (captures.length === 0)
    throw new SimulatorError('CAPTURE_EMPTY', `replay ${directory}: no capture with a message in it`);
  return captures;
}

async function filesIn(directory: string): ReturnType<typeof captureFiles> {
  try {
    return await captureFiles(directory);
  } catch (cause) {
    if (cause instanceof CaptureError) throw cause;
    throw new SimulatorError('CAPTURE_EMPTY', `replay ${directory}: cannot be read`, { cause });
  }
}

async function indexSymbol(symbol: string, paths: readonly string[]): Promise<SymbolCapture | undefined> {
  const fields = new FrameFields();
  const sample: Sample = { prices: new Set(), quantities: new Set() };
  let firstAtNs: bigint | undefined;
  let hasSnapshot = false;
  let pair: string | undefined;
  for (const path of paths) {
    for await (const { receivedAtNs, bytes } of readUntilDamage(path)) {
      firstAtNs ??= receivedAtNs;
      hasSnapshot = readCaptureMessage(bytes)?.type === 'snapshot';
      if (sample.prices.size < SAMPLE_MAX || hasSnapshot) addSample(bytes, hasSnapshot, fields, sample);
      if (hasSnapshot && fields.has(SLOT.pair)) pair = fields.text(SLOT.pair);
      if (hasSnapshot) break;
    }
    if (hasSnapshot) break;
  }
  if (firstAtNs === undefined) return undefined;
  const rules = rulesOf(symbol, pair ?? symbol.split('_', 1)[0]!, sample);
  return { symbol, paths, firstAtNs, hasSnapshot, rules };
}

function addSample(bytes: Buffer, isSnapshot: boolean, fields: FrameFields, sample: Sample): void {
  try {
    if (isSnapshot) scanDepthSnapshot(bytes, fields);
    else if (scanFrame(bytes, fields) !== 'depthUpdate') return;
  } catch (error) {
    if (error instanceof FrameError) return;
    throw error;
  }
  const text = (at: number): string =>
    Buffer.from(fields.bytes.subarray(fields.levels[at], fields.levels[at + 1])).toString('latin1');
  for (let level = 0; level < fields.bidCount + fields.askCount; level++) {
    sample.prices.add(text(level * 4));
    sample.quantities.add(text(level * 4 + 2));
  }
}

function rulesOf(symbol: string, pair: string, sample: Sample): SymbolRules {
  const [priceDecimals, tickSize] = grid(sample.prices);
  const [quantityDecimals, stepSize] = grid(sample.quantities);
  return { symbol, pair, priceDecimals, quantityDecimals, tickSize, stepSize };
}

/** Decimals that are written, and the largest step that all values are a multiple of. */
function grid(texts: ReadonlySet<string>): readonly [decimals: number, step: string] {
  let decimals = 0;
  for (const text of texts) decimals = Math.max(decimals, writtenDecimals(text));
  let step = 0;
  for (const text of texts) step = greatestCommonDivisor(decimalToUnits(text, decimals), step);
  return [decimals, unitsToDecimal(step === 0 ? 1 : step, decimals)];
}

function writtenDecimals(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

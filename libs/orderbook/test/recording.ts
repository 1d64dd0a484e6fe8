import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DepthDiff, DepthSnapshot, PriceLevel } from '@org/market-data';

/** Real recordings, made by others; see their README. They are no part of this repository. */
export const RECORDINGS = resolve('../shared/data');
export const haveRecordings = existsSync(join(RECORDINGS, 'books.json'));

if (!haveRecordings) console.warn(`no recordings at ${RECORDINGS}: tests that need them are skipped`);

export type DepthMessage = { readonly diff: DepthDiff } | { readonly snapshot: DepthSnapshot };

export interface Ticker {
  readonly updateId: number;
  readonly bid: readonly string[];
  readonly ask: readonly string[];
}

export interface Recording {
  readonly symbol: string;
  readonly messages: readonly DepthMessage[];
  readonly tickers: readonly Ticker[];
}

const withoutZeros = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

type Data = Readonly<Record<string, unknown>>;

function readDiff(data: Data): DepthDiff {
  return {
    symbol: data['s'] as string,
    eventTimeMs: data['E'] as number,
    transactionTimeMs: data['T'] as number | undefined,
    firstUpdateId: data['U'] as number,
    finalUpdateId: data['u'] as number,
    previousFinalUpdateId: data['pu'] as number | undefined,
    bids: data['b'] as PriceLevel[],
    asks: data['a'] as PriceLevel[],
  };
}

function readTicker(data: Data): Ticker {
  const text = (key: string) => withoutZeros(data[key] as string);
  return { updateId: data['u'] as number, bid: [text('b'), text('B')], ask: [text('a'), text('A')] };
}

/** The depth messages and the best prices of capture files, in the order of arrival. */
export function readCaptures(symbol: string, paths: readonly string[]): Recording {
  const messages: DepthMessage[] = [];
  const tickers: Ticker[] = [];
  for (const path of paths) {
    for (const line of gunzipSync(readFileSync(path)).toString('latin1').split('\n')) {
      const json = line.slice(line.indexOf(' ') + 1);
      if (json.startsWith('{"lastUpdateId"')) {
        const { E, T, ...snapshot } = JSON.parse(json);
        messages.push({ snapshot: { ...snapshot, symbol, eventTimeMs: E, transactionTimeMs: T } });
      } else if (json.includes('"depthUpdate"')) {
        messages.push({ diff: readDiff(JSON.parse(json).data as Data) });
      } else if (json.includes('@bookTicker"')) {
        tickers.push(readTicker(JSON.parse(json).data as Data));
      }
    }
  }
  return { symbol, messages, tickers };
}

/** A recording by its key in books.json, `<folder>/<SYMBOL>`: all its days, in order. */
export function readRecording(key: string): Recording {
  const folder = join(RECORDINGS, key.split('/')[0]!);
  const symbol = basename(key);
  const prefix = `${symbol.toLowerCase()}_`;
  const names = readdirSync(folder).filter(
    (name) => name.startsWith(prefix) && /^\d{8}\.gz$/.test(name.slice(prefix.length)),
  );
  return readCaptures(
    symbol,
    names.sort().map((name) => join(folder, name)),
  );
}

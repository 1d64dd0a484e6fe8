import type { Buffer } from 'node:buffer';
import type { ColumnType, Table } from '../schema/tables.ts';

const POSTGRES_EPOCH_US = 946_684_800_000_000n;
const US_PER_MS = 1000n;
const NEGATIVE = 0x4000;
const GROUP = 4;

/** A row in the binary form of COPY as JSON, column by column, for people. */
export function describeRow(table: Table, row: Buffer): string {
  const values: Record<string, unknown> = {};
  let at = 2;
  for (const { name, type } of table.columns) {
    const length = row.readInt32BE(at);
    at += 4;
    values[name] = length < 0 ? null : describeField(type, row.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return JSON.stringify(values);
}

function describeField(type: ColumnType, field: Buffer): unknown {
  switch (type) {
    case 'text':
      return field.toString('utf8');
    case 'bytea':
      return field.toString('base64');
    case 'boolean':
      return field[0] === 1;
    case 'bigint':
      return String(field.readBigInt64BE());
    case 'timestamptz':
      return timeText(field.readBigInt64BE() + POSTGRES_EPOCH_US);
    case 'numeric':
      return numericText(field);
    case 'numeric[]':
      return arrayTexts(field);
  }
}

function timeText(timeUs: bigint): string {
  const text = new Date(Number(timeUs / US_PER_MS)).toISOString();
  return text.replace('Z', `${String(timeUs % US_PER_MS).padStart(3, '0')}Z`);
}

/** The decimal of a binary `numeric`, with the decimals that it shows. */
export function numericText(field: Buffer): string {
  const count = field.readInt16BE(0);
  const weight = field.readInt16BE(2);
  const scale = field.readInt16BE(6);
  const groupOf = (index: number) => (index >= 0 && index < count ? field.readInt16BE(8 + 2 * index) : 0);
  let whole = '';
  for (let index = 0; index <= weight; index++) whole += String(groupOf(index)).padStart(GROUP, '0');
  let fraction = '';
  for (let index = weight + 1; fraction.length < scale; index++)
    fraction += String(groupOf(index)).padStart(GROUP, '0');
  const sign = field.readInt16BE(4) === NEGATIVE ? '-' : '';
  const digits = whole.replace(/^0+/, '') || '0';
  return sign + digits + (scale === 0 ? '' : `.${fraction.slice(0, scale)}`);
}

/** Elements of a two-dimensional array, pair by pair. */
function arrayTexts(field: Buffer): string[][] {
  if (field.readInt32BE(0) === 0) return [];
  const pairs: string[][] = [];
  let at = 28;
  for (let left = field.readInt32BE(12); left > 0; left--) {
    const pair: string[] = [];
    for (let element = 0; element < 2; element++) {
      const length = field.readInt32BE(at);
      pair.push(numericText(field.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    pairs.push(pair);
  }
  return pairs;
}

import { columnType, type ColumnType } from './column-types.ts';
import { decimalType, isUsual, USUAL_DIGITS, type DecimalDigits, type DecimalType } from './decimal-type.ts';
import type { Row } from './engine.ts';
import { identifier } from './sql.ts';

/** Name of the number of a row, from 1; no column of a CSV file begins like that. */
const ROW_NUMBER = '"#row"';

interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Of a decimal. */
  readonly decimal: DecimalType | undefined;
}

/** What must be the same of the rows that were read and of those that were written. */
export interface RowFacts {
  readonly rows: number;
  /** Sum of a hash of every row with its place. */
  readonly hash: string;
  /** By decimal column, where it cannot overflow; as text. */
  readonly sums: Readonly<Record<string, string | null>>;
}

/** What is found in the CSV rows on the way. */
export interface ScannedFacts extends RowFacts {
  /** Cells that DuckDB would round or that are no plain number. */
  readonly inexact: number;
  /** Decimals that could not be read, because they are none or too wide. */
  readonly unread: number;
  /** Decimal columns whose type is too narrow, perhaps. */
  readonly suspects: readonly string[];
}

/** The types of the columns, and the statements that scan, convert and check rows with them. */
export class RowSchema {
  readonly #columns: readonly Column[];

  /** `digits` of decimal columns that are not usual. Throws `DECIMAL_TOO_WIDE`. */
  constructor(names: readonly string[], digits: ReadonlyMap<string, DecimalDigits> = new Map()) {
    this.#columns = names.map((name) => {
      const type = columnType(name);
      const isDecimal = type === 'decimal';
      return { name, type, decimal: isDecimal ? decimalType(name, digits.get(name) ?? USUAL_DIGITS) : undefined };
    }); // prettier-ignore
  }

  /** Facts of CSV rows: one pass over them. */
  scanSql(rows: string): string {
    const digits = this.#decimals().flatMap(({ name }, index) => {
      const cell = identifier(name);
      const point = `instr(${cell}, '.')`;
      return [
        `max(CASE WHEN ${point} = 0 THEN length(${cell}) ELSE ${point} - 1 END) AS "integer_${index}"`,
        `max(CASE WHEN ${point} = 0 THEN 0 ELSE length(${cell}) - ${point} END) AS "fraction_${index}"`,
      ];
    });
    const inexact = this.#columns.flatMap(inexactSql).join(' OR ') || 'false';
    const unread =
      this.#decimals()
        .map((column) => `(${readSql(column)} IS NULL AND ${identifier(column.name)} IS NOT NULL)`)
        .join(' OR ') || 'false';
    const facts = this.#factsSql(ROW_NUMBER, readSql);
    return (
      `SELECT ${[...facts, ...digits].join(', ')}, count(*) FILTER (${inexact}) AS inexact, ` +
      `count(*) FILTER (${unread}) AS unread ` +
      `FROM (SELECT *, row_number() OVER () AS ${ROW_NUMBER} FROM (${rows}))`
    );
  }

  /** Reads the answer of {@link scanSql}. */
  scanned(row: Row): ScannedFacts {
    const suspects = this.#decimals()
      .filter((_, index) => !isUsual({ integer: countOf(row, `integer_${index}`), fraction: countOf(row, `fraction_${index}`) }))
      .map(({ name }) => name); // prettier-ignore
    return {
      ...this.facts(row),
      inexact: countOf(row, 'inexact'),
      unread: countOf(row, 'unread'),
      suspects,
    };
  }

  /** The rows with their types, behind constant columns. */
  convertSql(rows: string, constants: readonly string[]): string {
    const cells = this.#columns.map((column) => `${storedSql(column)} AS ${identifier(column.name)}`);
    return `SELECT ${[...constants, ...cells].join(', ')} FROM (${rows})`;
  }

  /** Facts of what was written; `file` is a path as a literal. */
  checkSql(file: string): string {
    const facts = this.#factsSql('(file_row_number + 1)', writtenSql);
    return `SELECT ${facts.join(', ')} FROM read_parquet(${file}, file_row_number = true, hive_partitioning = false)`;
  }

  /** Reads the answer of {@link checkSql}. */
  facts(row: Row): RowFacts {
    const sums = this.#decimals().flatMap(({ name, decimal }, index) =>
      decimal!.isSummable ? [[name, row[`sum_${index}`] as string | null] as const] : [],
    );
    return { rows: countOf(row, 'rows'), hash: String(row['hash']), sums: Object.fromEntries(sums) };
  }

  #factsSql(place: string, cellSql: (column: Column) => string): string[] {
    const sums = this.#decimals().flatMap((column, index) =>
      column.decimal!.isSummable ? [`sum(${cellSql(column)})::VARCHAR AS "sum_${index}"`] : [],
    );
    const cells = this.#columns.map(cellSql);
    return ['count(*) AS "rows"', `sum(hash(${[place, ...cells].join(', ')}))::VARCHAR AS hash`, ...sums];
  }

  #decimals(): readonly Column[] {
    return this.#columns.filter(({ decimal }) => decimal !== undefined);
  }
}

/** The digits that values need, without zeros that say nothing. */
export function digitsSql(rows: string, columns: readonly string[]): string {
  const digits = columns.flatMap((name, index) => {
    const cell = identifier(name);
    return [
      `max(length(ltrim(split_part(${cell}, '.', 1), '-0'))) AS "integer_${index}"`,
      `max(length(rtrim(split_part(${cell}, '.', 2), '0'))) AS "fraction_${index}"`,
    ];
  });
  return `SELECT ${digits.join(', ')} FROM (${rows})`;
}

/** Reads the answer of {@link digitsSql}. */
export function digitsOf(row: Row, columns: readonly string[]): ReadonlyMap<string, DecimalDigits> {
  return new Map(
    columns.map((name, index) => [
      name,
      { integer: countOf(row, `integer_${index}`), fraction: countOf(row, `fraction_${index}`) },
    ]),
  );
}

/** A cell as it is compared: numbers as numbers, times as µs. It fails where a cell is none, but for a decimal. */
function readSql({ name, type, decimal }: Column): string {
  const cell = identifier(name);
  switch (type) {
    case 'decimal':
      // One that does not fit makes its column a suspect, and is read again.
      return `TRY_CAST(${cell} AS ${decimal!.read})`;
    case 'millis':
      return `${cell}::BIGINT * 1000`;
    case 'integer':
    case 'micros':
      return `${cell}::BIGINT`;
    case 'flag':
      return `${cell}::BOOLEAN`;
    case 'word':
      return cell;
  }
}

function storedSql(column: Column): string {
  const cell = identifier(column.name);
  const { type, decimal } = column;
  if (type === 'decimal') return `${cell}::${decimal!.read}::${decimal!.stored}`;
  const isTime = type === 'millis' || type === 'micros';
  return isTime ? `make_timestamptz(${readSql(column)})` : readSql(column);
}

function writtenSql({ name, type, decimal }: Column): string {
  const cell = identifier(name);
  if (type === 'decimal') return `${cell}::${decimal!.read}`;
  return type === 'millis' || type === 'micros' ? `epoch_us(${cell})` : cell;
}

/** DuckDB takes 1.5 for the integer 2 and 1e-30 for the decimal 0. */
function inexactSql({ name, type }: Column): readonly string[] {
  const letters = type === 'decimal' ? ['e', 'E'] : type === 'flag' || type === 'word' ? [] : ['.', 'e', 'E'];
  return letters.map((letter) => `contains(${identifier(name)}, '${letter}')`);
}

/** A count of an answer; the greatest of no rows is 0. */
function countOf(row: Row, name: string): number {
  return Number(row[name] ?? 0);
}

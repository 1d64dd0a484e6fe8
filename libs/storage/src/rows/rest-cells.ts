import { RowProblem } from './row-problem.ts';
import type { RestContext, RestValue, StreamDefinition } from './stream-definition.ts';

const NUMBER = /^-?\d+(?:\.\d+)?$/;
/** As the words of a frame: they never need quotes, and none starts as a spreadsheet formula does. */
const WORD = /^[A-Za-z0-9_][A-Za-z0-9_ .:/-]{0,63}$/;

/**
 * The cells of the rows of a REST answer, a JSON array, that repairs a gap of a stream: texts in the order of the columns,
 * '' where a cell is empty. JSON.parse is exact here: prices and quantities are strings and ids lie far below 2^53.
 * Throws {@link RowProblem}, or a `SyntaxError`, for an answer that is not what the exchange sends.
 */
export function restCells(
  definition: StreamDefinition,
  json: string,
  context: RestContext,
): readonly (readonly string[])[] {
  const { restRow } = definition;
  if (restRow === undefined) throw new RowProblem(`expected no REST rows for ${definition.kind}`);
  const answer: unknown = JSON.parse(json);
  if (!Array.isArray(answer)) throw new RowProblem('expected an array of REST rows');
  return answer.map((row: unknown) => {
    if (typeof row !== 'object' || row === null)
      throw new RowProblem('expected an object or an array for a REST row');
    return restRow(row, context).map((value, index) => cell(definition, value, index));
  });
}

function cell(definition: StreamDefinition, value: RestValue, index: number): string {
  const [name, { type }] = definition.columns[index]!;
  if (value === '') return '';
  const text =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
  if (!fits(type, text))
    throw new RowProblem(`expected a ${type} for ${name}, was ${JSON.stringify(value ?? null).slice(0, 80)}`);
  return text;
}

function fits(type: string, text: string): boolean {
  switch (type) {
    case 'number':
    case 'receipt':
      return NUMBER.test(text);
    case 'flag':
      return text === 'true' || text === 'false';
    default:
      return WORD.test(text);
  }
}

/**
 * The part of csv-writer 1.6.0 that is used here. The package's own `types` entry points at its TypeScript sources,
 * which do not compile under `verbatimModuleSyntax` and `erasableSyntaxOnly`.
 */
export interface ArrayCsvStringifier {
  getHeaderString(): string | null;
  stringifyRecords(records: readonly (readonly (string | number | undefined)[])[]): string;
}

export function createArrayCsvStringifier(params: { header: string[] }): ArrayCsvStringifier;

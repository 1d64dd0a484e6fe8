/** A text as a literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name of a column. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A path as a literal where DuckDB takes patterns: each letter that could be one stands for itself. */
export function pathLiteral(path: string): string {
  return literal(path.replaceAll(/[[*?]/g, '[$&]'));
}

/** Rows of cells as lines: the first column to the left, numbers to the right, widths as a terminal shows them. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  leftColumns: number,
): string[] {
  const widths = header.map((name, column) =>
    Math.max(...[name, ...rows.map((row) => row[column] ?? '')].map(displayWidth)),
  );
  return [header, ...rows].map((row) => {
    const cells = row.map((cell, column) => {
      const padding = ' '.repeat(widths[column]! - displayWidth(cell));
      return column < leftColumns ? cell + padding : padding + cell;
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}

/** Columns of a terminal: there are symbols in Chinese, whose characters take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += isWide(character) ? 2 : 1;
  return width;
}

function isWide(character: string): boolean {
  return /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\uff01-\uff60]/u.test(
    character,
  );
}

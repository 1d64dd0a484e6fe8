/** How output may look: colours or none, and how many columns a line may take. */
export interface Style {
  readonly colours: boolean;
  readonly columns: number;
}

const CODES = { red: '31', green: '32', yellow: '33', dim: '2', bold: '1' } as const;

export type Paint = (colour: keyof typeof CODES, text: string) => string;

/** Paints for a terminal, or leaves the text as it is. Blank text is never painted. */
export function painter(colours: boolean): Paint {
  if (!colours) return (_colour, text) => text;
  return (colour, text) => (text.trim() === '' ? text : `\u001b[${CODES[colour]}m${text}\u001b[0m`);
}

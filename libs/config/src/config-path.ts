/** Where a value is, from the top: keys, and indexes of lists. */
export type ConfigPath = readonly (string | number)[];

const PLAIN_KEY = /^[\p{L}\p{N}_-]{1,64}$/u;

/** `symbols.pairs[1]`; keys that are not plain words are quoted, because they come from the file. */
export function formatPath(path: ConfigPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const key = PLAIN_KEY.test(part) ? part : JSON.stringify(part.slice(0, 64));
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

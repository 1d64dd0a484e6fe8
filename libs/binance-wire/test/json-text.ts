import fc from 'fast-check';

/** A JSON text as a tree that can say what a JavaScript object cannot: repeated keys and the digits of a number. */
export type Tree =
  | { readonly members: readonly (readonly [key: string, value: Tree])[] }
  | { readonly items: readonly Tree[] }
  | { readonly string: string }
  | { readonly token: string };

const BLANKS = ['', '', '', '', ' ', '\n', '\t', '\r\n  '];

/** Prints a tree; `choose(n)` decides, from 0 to n - 1, where blanks and escapes go. */
export function print(tree: Tree, choose: (count: number) => number): string {
  const blank = () => BLANKS[choose(BLANKS.length)]!;
  if ('token' in tree) return tree.token;
  if ('string' in tree) return printString(tree.string, choose);
  const parts =
    'items' in tree
      ? tree.items.map((item) => `${blank()}${print(item, choose)}${blank()}`)
      : tree.members.map(
          ([key, value]) =>
            `${blank()}${printString(key, choose)}${blank()}:${blank()}${print(value, choose)}${blank()}`,
        );
  const text = parts.length === 0 ? blank() : parts.join(',');
  return 'items' in tree ? `[${text}]` : `{${text}}`;
}

function printString(text: string, choose: (count: number) => number): string {
  if (choose(8) > 0) return JSON.stringify(text);
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `"${Array.from({ length: text.length }, (_, at) => escape(text[at]!)).join('')}"`;
}

/** A style: an endless source of choices, drawn from a short list so that it shrinks. */
export const style = fc.array(fc.nat(239), { minLength: 1, maxLength: 40 }).map((choices) => () => {
  let next = 0;
  return (count: number) => choices[next++ % choices.length]! % count;
});

export const string = (text: string): Tree => ({ string: text });
export const token = (text: string | number | boolean | null): Tree => ({ token: String(text) });

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('币安人生USDT', '"\\/', '\u2028'),
);
const numberToken = fc.oneof(
  fc.maxSafeInteger().map(String),
  fc
    .tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: 1, max: 99 }))
    .map(([whole, part]) => `${whole}.${part}5`),
);

export const anyScalar: fc.Arbitrary<Tree> = fc.oneof(
  anyText.map(string),
  numberToken.map(token),
  fc.constantFrom(true, false, null).map(token),
);

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    anyScalar,
    fc.array(tie('tree'), { maxLength: 4 }).map((items) => ({ items })),
    fc.array(fc.tuple(anyText, tie('tree')), { maxLength: 4 }).map((members) => ({ members })),
  ),
}));
export const anyTree = tree;

const decimal = fc
  .tuple(fc.nat(99999), fc.option(fc.nat(99999999)))
  .map(([whole, part]) => (part === null ? `${whole}` : `${whole}.${part}`));
const level = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(decimal, decimal).map(([price, quantity]) => [string(price), string(quantity)]),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(decimal.map(token), decimal.map(token), anyTree).map((parts) => parts as Tree[]),
  },
);
export const levels: fc.Arbitrary<Tree> = fc
  .array(
    level.map((items) => ({ items })),
    { maxLength: 12 },
  )
  .map((items) => ({ items }));

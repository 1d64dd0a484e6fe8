import { Composer, LineCounter, Parser } from 'yaml';
import type { CST, Document } from 'yaml';
import { emptyTree } from './config-tree.ts';
import type { ConfigIssue } from './errors.ts';
import type { Position } from './node-reader.ts';
import { NodeReader } from './node-reader.ts';

/** Collections within collections; the configuration itself needs three. */
const DEPTH_MAX = 16;

/** What a YAML text says, and where it says it. */
export interface ConfigDocument {
  /** False when the text is not YAML, or a form of it of which no value can be trusted. */
  readonly isYaml: boolean;
  /** The top value: a tree, unless the text is at fault. */
  readonly tree: unknown;
  /** Faults of the text: syntax, or forms of YAML that are refused. */
  readonly issues: readonly ConfigIssue[];
  /** Where values are, by formatted path. */
  readonly positions: ReadonlyMap<string, Position>;
}

/**
 * Reads the plain part of YAML 1.2: maps, lists and scalars. Aliases, anchors, merge keys, tags, duplicate keys, keys
 * that reach prototypes and directives are faults. `source` names the text in them.
 */
export function parseConfigDocument(text: string, source: string): ConfigDocument {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const refused = (faults: readonly TextFault[]): ConfigDocument => {
    const issues = faults.map(({ offset, ...fault }) => ({ path: '', source, ...fault, ...at(offset) }));
    return { isYaml: false, tree: undefined, issues, positions: new Map() };
  };

  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tokens.map(tooDeep).find((offset) => offset !== undefined);
  if (deep !== undefined) {
    return refused([{ offset: deep, expected: `at most ${DEPTH_MAX} levels of nesting`, was: 'deeper' }]);
  }
  // Duplicate keys are found by the reader: the library compares every pair of keys, which takes a hostile file minutes.
  const options = { schema: 'core', uniqueKeys: false, lineCounter: lines } as const;
  const documents = [...new Composer(options).compose(tokens, true, text.length)];
  const faults = documentFaults(documents);
  if (faults.length > 0) return refused(faults);

  const reader = new NodeReader(source, at);
  const tree = reader.read(documents[0]?.contents ?? null, []) ?? emptyTree();
  return { isYaml: true, tree, issues: reader.issues, positions: reader.positions };
}

interface TextFault {
  readonly offset: number;
  readonly expected: string;
  readonly was: string;
}

/** Why nothing can be read from the documents; empty when the first one, if there is any, is plain YAML. */
function documentFaults(
  documents: readonly (Document.Parsed | Pick<Document, 'errors' | 'range'>)[],
): TextFault[] {
  const errors = documents.flatMap((document) => document.errors);
  if (errors.length > 0) {
    return errors.map(({ pos, message }) => ({
      offset: pos[0],
      expected: 'valid YAML',
      was: lowerFirst(message),
    }));
  }
  const [first, second] = documents;
  if (second !== undefined)
    return [{ offset: second.range?.[0] ?? 0, expected: 'one document', was: 'a second one' }];
  // `%YAML 1.1` would bring back merge keys, and numbers with colons.
  const hasDirective =
    first !== undefined && 'directives' in first && first.directives?.yaml.explicit === true;
  return hasDirective ? [{ offset: 0, expected: 'no %YAML directive', was: 'one' }] : [];
}

function lowerFirst(message: string): string {
  const line = message.split('\n', 1)[0] ?? '';
  return line.charAt(0).toLowerCase() + line.slice(1);
}

/**
 * The offset of the first collection that is nested too deeply. It is looked for before anything recursive sees the
 * text: with yaml 2.9.0 on Node 20 a file of brackets exhausts the stack, and when that happens inside the compiler
 * of regular expressions the process dies without an exception (seen 2026-11).
 */
function tooDeep(token: CST.Token): number | undefined {
  const open: [token: CST.Token | null | undefined, depth: number][] = [[token, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [current, depth] = next;
    if (!current) continue;
    if (depth > DEPTH_MAX) return current.offset;
    if (current.type === 'document') open.push([current.value, depth]);
    if (!('items' in current)) continue;
    for (const item of current.items) open.push([item.key, depth + 1], [item.value, depth + 1]);
  }
  return undefined;
}

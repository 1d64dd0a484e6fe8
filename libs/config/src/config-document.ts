import { Composer, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, Parser } from 'yaml';
import type { CST, Document, Node, Pair } from 'yaml';
import type { ConfigPath } from './config-path.ts';
import { formatPath } from './config-path.ts';
import type { ConfigTree } from './config-tree.ts';
import { emptyTree } from './config-tree.ts';
import type { ConfigIssue } from './errors.ts';
import { quoted } from './shown-value.ts';

/** Collections within collections; the configuration itself needs three. */
const DEPTH_MAX = 16;

/** Keys that reach the prototype of an object in careless code somewhere below us. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What a YAML text says, and where it says it. */
export interface ConfigDocument {
  /** Undefined when the text is no YAML at all. Otherwise the top value: a tree unless the text is at fault. */
  readonly tree: unknown;
  /** Faults of the text: syntax, or forms of YAML that are refused. */
  readonly issues: readonly ConfigIssue[];
  readonly isYaml: boolean;
  /** Where values are, by formatted path. */
  readonly positions: ReadonlyMap<string, Position>;
}

/**
 * Reads the plain part of YAML 1.2: maps, lists and scalars. Aliases, anchors, merge keys, tags, duplicate keys, keys
 * that reach prototypes and directives are faults. `source` names the text in them.
 */
export function parseConfigDocument(text: string, source: string): ConfigDocument {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const fault = (offset: number, expected: string, was: string): ConfigIssue => ({
    path: '', source, expected, was, ...at(offset),
  }); // prettier-ignore
  const refused = (issues: ConfigIssue[]) => ({
    tree: undefined,
    issues,
    isYaml: false,
    positions: new Map(),
  });

  const deep = tokens.map(tooDeep).find((offset) => offset !== undefined);
  if (deep !== undefined) return refused([fault(deep, `at most ${DEPTH_MAX} levels of nesting`, 'deeper')]);
  // Duplicate keys are found below: the parser compares every pair of keys, which is minutes for a hostile file.
  const options = { schema: 'core', uniqueKeys: false, lineCounter: lines } as const;
  const documents = [...new Composer(options).compose(tokens, true, text.length)];
  const errors = documents.flatMap((document) => document.errors);
  if (errors.length > 0) {
    return refused(
      errors.map((error) => fault(error.pos[0], 'valid YAML', lowerFirst(firstLine(error.message)))),
    );
  }
  const [document, second] = documents;
  if (second !== undefined) return refused([fault(second.range[0], 'one YAML document', 'a second one')]);
  if (document?.directives?.yaml.explicit) return refused([fault(0, 'no %YAML directive', 'one')]);
  const reader = new NodeReader(source, at);
  const tree = document === undefined ? null : reader.read((document as Document.Parsed).contents, []);
  return { tree: tree ?? emptyTree(), issues: reader.issues, isYaml: true, positions: reader.positions };
}

/**
 * The offset of the first collection that is nested too deeply. It is looked for before anything recursive sees the
 * text: with yaml 2.9.0 on Node 20 a file of brackets exhausts the stack, and when that happens inside the regular
 * expression compiler the process dies without an exception (seen 2026-11).
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

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Turns nodes into plain values and notes where they are. */
class NodeReader {
  readonly issues: ConfigIssue[] = [];
  readonly positions = new Map<string, Position>();
  readonly #source: string;
  readonly #at: (offset: number) => Position;

  constructor(source: string, at: (offset: number) => Position) {
    this.#source = source;
    this.#at = at;
  }

  read(node: Node | null, path: ConfigPath): unknown {
    if (node === null) return null;
    const offset = node.range?.[0] ?? 0;
    if (isAlias(node)) {
      this.#refuse(path, offset, 'a value that is written out', `the alias ${quoted(node.source)}`);
      return undefined;
    }
    if (node.anchor !== undefined)
      this.#refuse(path, offset, 'no anchors', `the anchor ${quoted(node.anchor)}`);
    if (node.tag !== undefined) this.#refuse(path, offset, 'no tags', `the tag ${quoted(node.tag)}`);
    if (isSeq(node)) return node.items.map((item, index) => this.#readItem(item, [...path, index]));
    if (isMap(node)) return this.#readMap(node.items as Pair<Node | null, Node | null>[], path);
    return isScalar(node) ? node.value : undefined;
  }

  #readItem(item: unknown, path: ConfigPath): unknown {
    if (isPair(item)) return undefined;
    const node = item as Node;
    this.positions.set(formatPath(path), this.#at(node.range?.[0] ?? 0));
    return this.read(node, path);
  }

  #readMap(pairs: readonly Pair<Node | null, Node | null>[], path: ConfigPath): ConfigTree {
    const tree = emptyTree();
    for (const { key, value } of pairs) {
      const offset = key?.range?.[0] ?? 0;
      const name = isScalar(key) ? String(key.value) : undefined;
      const fault = name === undefined ? 'a plain key' : keyFault(key as Node, name, tree);
      if (name === undefined || fault !== undefined) {
        this.#refuse(
          path,
          offset,
          fault ?? 'a plain key',
          name === undefined ? 'a collection' : quoted(name),
        );
        continue;
      }
      const child = [...path, name];
      // The line of a scalar is its own; a section, a list or nothing is better found by its key.
      const found = isScalar(value) && value.value !== null ? (value.range?.[0] ?? offset) : offset;
      this.positions.set(formatPath(child), this.#at(found));
      tree[name] = this.read(value, child);
    }
    return tree;
  }

  #refuse(path: ConfigPath, offset: number, expected: string, was: string): void {
    this.issues.push({ path: formatPath(path), source: this.#source, expected, was, ...this.#at(offset) });
  }
}

/** Why a key cannot be used, as the words after "expected". */
function keyFault(key: Node, name: string, tree: ConfigTree): string | undefined {
  if (isAlias(key) || ('anchor' in key && key.anchor !== undefined) || key.tag !== undefined)
    return 'a plain key';
  if (FORBIDDEN_KEYS.has(name)) return 'a key of the configuration';
  if (name === '<<') return 'keys that are written out, no merge key';
  return name in tree ? 'each key once' : undefined;
}

import { isAlias, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Node, Pair } from 'yaml';
import type { ConfigPath } from './config-path.ts';
import { formatPath } from './config-path.ts';
import type { ConfigTree } from './config-tree.ts';
import { emptyTree } from './config-tree.ts';
import type { ConfigIssue } from './errors.ts';
import { quoted } from './shown-value.ts';

/** Both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Keys of one section. More are not looked at: each would be a fault of its own, and cost a search for its meaning. */
const KEYS_MAX = 64;

/** Keys that reach the prototype of an object in careless code somewhere below us. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Turns YAML nodes into plain values and notes where they are. Recursive: the nesting is bounded by whoever parsed.
 */
export class NodeReader {
  readonly issues: ConfigIssue[] = [];
  /** By formatted path. */
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
    if (isMap<Node | null, Node | null>(node)) return this.#readMap(node.items, path);
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
    const beyond = pairs[KEYS_MAX]?.key?.range?.[0];
    if (beyond !== undefined) this.#refuse(path, beyond, `at most ${KEYS_MAX} keys`, `${pairs.length} keys`);
    for (const { key, value } of pairs.slice(0, KEYS_MAX)) {
      const offset = key?.range?.[0] ?? 0;
      if (key !== null && !isScalar(key)) {
        this.#refuse(path, offset, 'a plain key', isAlias(key) ? 'an alias' : 'a collection');
        continue;
      }
      const name = key === null ? '' : String(key.value);
      const child = [...path, name];
      const fault = keyFault(key, name, tree);
      if (fault !== undefined) {
        this.#refuse(child, offset, fault, quoted(name));
        continue;
      }
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
function keyFault(key: Node | null, name: string, tree: ConfigTree): string | undefined {
  if (isScalar(key) && (key.anchor !== undefined || key.tag !== undefined)) return 'a plain key';
  if (FORBIDDEN_KEYS.has(name)) return 'a key of the configuration';
  if (name === '<<') return 'keys that are written out, no merge key';
  return name in tree ? 'each key once' : undefined;
}

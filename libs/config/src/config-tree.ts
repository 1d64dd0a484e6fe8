/** Values by key, as they were written. Objects have no prototype, so that a key can only ever be a key. */
export interface ConfigTree {
  [key: string]: unknown;
}

/** An empty section. */
export function emptyTree(): ConfigTree {
  return Object.create(null) as ConfigTree;
}

export function isTree(value: unknown): value is ConfigTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Sets the value of a dotted path, making the sections on the way. Returns false, and changes nothing, when something
 * that is not a section is in the way; that is a fault of its own.
 */
export function setValue(tree: ConfigTree, path: string, value: unknown): boolean {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let section = tree;
  for (const key of keys) {
    const next = (section[key] ??= emptyTree());
    if (!isTree(next)) return false;
    section = next;
  }
  section[last] = value;
  return true;
}

/** Makes a section of every key among `sections` that has nothing below it: the file may leave a section empty. */
export function openEmptySections(tree: ConfigTree, sections: readonly string[]): void {
  for (const path of sections) if (valueAt(tree, path.split('.')) === null) setValue(tree, path, emptyTree());
}

/** The value at a path, or undefined. */
export function valueAt(tree: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value) && typeof key === 'number') return value[key] as unknown;
    return isTree(value) ? value[key] : undefined;
  }, tree);
}

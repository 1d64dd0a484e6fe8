/** A part of the status with a heading of its own. */
export interface Section {
  /** `cluster writer`: the names that lead to it. */
  readonly name: string;
  readonly entries: readonly (readonly [name: string, value: unknown])[];
}

/** Of hundreds nobody reads each. */
const ITEMS_MAX = 16;

/** What a value tells: figures under its name, and what is nested in it or listed by it under names of their own. */
export function sectionsOf(name: string, value: unknown): Section[] {
  if (isList(value))
    return value
      .slice(0, ITEMS_MAX)
      .flatMap((item, index) => sectionsOf(`${name} ${nameOf(item) ?? index + 1}`, item));
  if (!isObject(value)) return [{ name, entries: [['value', value]] }];
  const entries = Object.entries(value);
  const nested = entries.filter(([, each]) => isObject(each));
  const own = entries
    .filter(([, each]) => !isObject(each))
    .map(([key, each]) => [key, isList(each) ? each.length : each] as const);
  return [
    ...(own.length === 0 ? [] : [{ name, entries: own }]),
    ...nested.flatMap(([key, each]) => sectionsOf(`${name} ${key}`, each)),
  ];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

function nameOf({ name }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof name === 'string' ? name : undefined;
}

import fc from 'fast-check';
import { CONFIG_BYTES_MAX, ConfigError, configKeys, environmentName, loadConfig } from '@org/config';
import type { ConfigOverride } from '@org/config';

/** The code of the error, or `loaded`; anything but a ConfigError fails the test. */
function outcome(load: () => unknown): string {
  try {
    load();
    return 'loaded';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.issues.length).toBeGreaterThan(0);
    expect(error.message.split('\n')).toHaveLength(error.issues.length + (error.omittedIssues > 0 ? 1 : 0));
    return error.code;
  }
}

const filledWith = (text: string, bytes = CONFIG_BYTES_MAX) =>
  text.repeat(Math.floor(bytes / Buffer.byteLength(text)));

/** Enough to exhaust the stack of a parser that follows it. */
const DEEP_BYTES = 32 * 1024;
const aliasBomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  .concat(
    'bcdefghi'.split('').map((key, i) => {
      const before = String.fromCharCode('a'.charCodeAt(0) + i);
      return `${key}: &${key} [${Array<string>(9).fill(`*${before}`).join(', ')}]`;
    }),
  ) // prettier-ignore
  .join('\n');

describe('a hostile file', () => {
  it('that is an alias bomb is refused alias by alias', () => {
    let error: unknown;
    try {
      loadConfig({ text: `symbols: {pairs: [A]}\n${aliasBomb}` });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toContain(
      'expected a value that is written out, was the alias "a"',
    );
  });

  it.each([
    ['brackets', filledWith('[')],
    ['braces', filledWith('{', DEEP_BYTES)],
    ['dashes', filledWith('- ', DEEP_BYTES)],
    ['question marks', filledWith('? ', DEEP_BYTES)],
    ['flow in maps', filledWith('a: [', DEEP_BYTES)],
    ['keys in flow', filledWith('[? a, ', DEEP_BYTES)],
    ['indentation', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('of %s nests too deeply', (_name, text) => {
    expect(() => loadConfig({ text })).toThrow(/expected at most 16 levels of nesting, was deeper/);
  });

  it.each([
    ['one key many times', filledWith('a:\n', DEEP_BYTES * 2)],
    ['many keys', Array.from({ length: 30_000 }, (_, i) => `k${i}:`).join('\n')],
    ['many keys in many sections', filledWith('x: {a: 1, b: 2, c: 3, d: 4, e: 5}\n')],
    ['many items', `symbols: {pairs: [${'a,'.repeat(60_000)}]}`],
    ['many unknown streams', `symbols: {pairs: [A], streams: [${'aggtrada,'.repeat(25_000)}]}`],
    ['many documents', filledWith('---\n')],
    ['many anchors', filledWith('&a ', DEEP_BYTES)],
    ['quotes', filledWith('"', DEEP_BYTES)],
    ['closing braces', filledWith('}', DEEP_BYTES)],
    ['NUL', filledWith('\0')],
  ])('of %s ends in an error soon', (_name, text) => {
    const startedAt = process.cpuUsage();
    expect(outcome(() => loadConfig({ text }))).not.toBe('loaded');
    // Generous for a busy machine; the quadratic searches that this guards against take minutes.
    expect(process.cpuUsage(startedAt).user / 1e6).toBeLessThan(10);
  });

  it('cannot reach a prototype', () => {
    const keys = ['__proto__', 'constructor', 'prototype'];
    const texts = keys.flatMap((key) => [
      `${key}: {polluted: 1}`,
      `general: {${key}: {polluted: 1}}`,
      `"${key}": 1`,
    ]);
    for (const text of texts) expect(outcome(() => loadConfig({ text }))).toBe('CONFIG_INVALID');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('whatever is given', () => {
  const byte = fc.uint8Array({ maxLength: 400 });
  const fragment = fc.constantFrom(
    'general', 'network:', 'symbols: ', 'pairs: [A]', '- ', '\n', '\n  ', ': ', '{', '}', '[', ']', ',', '&a ', '*a',
    '!!str ', '<<: ', '? ', '|\n', '>-\n', '"', "'", '#', '%YAML 1.1\n', '---\n', '...\n', '\t', '\r\n', '\u2028',
    '__proto__', 'null', '~', '.inf', '0x1F', '1e999', '\uFEFF', '\\x', '@', '`',
  ); // prettier-ignore
  const yamlish = fc.array(fc.oneof(fragment, fc.string({ unit: 'grapheme', maxLength: 4 })), {
    maxLength: 40,
  });
  const json = fc.jsonValue({ maxDepth: 4 });

  it('loads or is a ConfigError for bytes of any kind', () => {
    fc.assert(
      fc.property(byte, (bytes) => void outcome(() => loadConfig({ path: 'c', readFile: () => bytes }))),
    );
  });

  it('loads or is a ConfigError for pieces of YAML in any order', () => {
    fc.assert(
      fc.property(yamlish, (parts) => void outcome(() => loadConfig({ text: parts.join('') }))),
      { numRuns: 400 },
    );
  });

  it('loads or is a ConfigError for any value at any key', () => {
    const key = fc.constantFrom(...configKeys().map(({ path }) => path));
    fc.assert(
      fc.property(key, json, (path, value) => {
        const nested = path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
        outcome(() => loadConfig({ text: JSON.stringify(nested) }));
      }),
      { numRuns: 300 },
    );
  });

  it('loads or is a ConfigError for any variables and flags', () => {
    const path = fc.oneof(fc.constantFrom(...configKeys().map((key) => key.path)), fc.string());
    const variables = fc.dictionary(path.map(environmentName), fc.string({ maxLength: 12 }), { maxKeys: 6 });
    const override = fc.record({ path, value: fc.string(), source: fc.constant('--flag') });
    fc.assert(
      fc.property(
        variables,
        fc.array(override, { maxLength: 4 }),
        (environment, overrides: ConfigOverride[]) => {
          outcome(() => loadConfig({ text: 'symbols: {pairs: [A]}', environment, overrides }));
        },
      ),
      { numRuns: 200 },
    );
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { configJsonSchema, configKeys, environmentName, loadConfig } from '@org/config';
import type { JsonSchema } from '@org/config';

const read = (file: string) => readFileSync(path.resolve(file), 'utf8');

describe('config.yaml', () => {
  it('is the defaults with two symbols', () => {
    const defaults = loadConfig({ text: 'symbols: {pairs: [BTCUSDT, ETHUSDT]}' });
    expect(loadConfig({ path: path.resolve('config.yaml') })).toEqual(defaults);
  });

  it('shows every key, and tells editors where its schema is', () => {
    const text = read('config.yaml');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/config\.schema\.json\n/);
    const missing = configKeys().filter(
      ({ path: key }) => !new RegExp(`^ +${key.split('.').at(-1)}:`, 'm').test(text),
    );
    expect(missing).toEqual([]);
  });
});

describe('config.schema.json', () => {
  it('is what `npm run schema` writes', () => {
    expect(read('config.schema.json')).toBe(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  });

  it('has a description for every part and a default for every key but the pairs', () => {
    const incomplete: string[] = [];
    const visit = (schema: JsonSchema, name: string): void => {
      if (schema.description === undefined || 'expected' in schema) incomplete.push(name);
      if (schema.properties === undefined && schema.default === undefined)
        incomplete.push(`${name}: no default`);
      for (const [key, part] of Object.entries(schema.properties ?? {})) visit(part, `${name}.${key}`);
    };
    visit(configJsonSchema(), 'config');
    expect(incomplete).toEqual(['config.symbols.pairs: no default']);
  });

  it('offers the known streams and refuses unknown keys', () => {
    const { properties, additionalProperties } = configJsonSchema();
    expect(additionalProperties).toBe(false);
    expect(properties?.['symbols']?.properties?.['streams']).toMatchObject({
      items: { enum: expect.arrayContaining(['aggTrade', 'depth@0ms', 'kline_1M']) as unknown },
    });
  });

  it('has defaults that the loader reads as the values that it takes without them', () => {
    const keys = configKeys().filter((key) => key.default !== undefined);
    const overrides = keys.map((key) => ({ path: key.path, value: key.default as string, source: key.path }));
    const text = 'symbols: {pairs: [BTCUSDT]}';
    expect(loadConfig({ text, overrides })).toEqual(loadConfig({ text }));
  });
});

describe('README.md', () => {
  const rows = read('libs/config/README.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()).slice(1, -1)); // prettier-ignore

  it('has the table of all keys with default, range and meaning', () => {
    const cell = (value: unknown) => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));
    expect(rows).toEqual(
      configKeys().map((key) => [
        `\`${key.path}\``,
        key.default === undefined ? 'none, required' : `\`${cell(key.default)}\``,
        key.expected,
        key.description,
      ]),
    );
  });

  it('names the variable of a nested key as it is', () => {
    expect(environmentName('network.reconnect.max_delay')).toBe('STREAMER__NETWORK__RECONNECT__MAX_DELAY');
    expect(read('libs/config/README.md')).toContain('STREAMER__NETWORK__RECONNECT__MAX_DELAY');
  });
});

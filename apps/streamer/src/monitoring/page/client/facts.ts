import { formatBytes, formatCount, formatDuration, formatTime, NOTHING } from './format.ts';

export interface Fact {
  readonly title: string;
  readonly text: string;
}

const TEXT_LENGTH_MAX = 200;

/** Names of the status end in their unit, which says how their values are read. */
const UNITS: readonly (readonly [RegExp, (value: number) => string])[] = [
  [/^bytesPerSecond$/, (value) => `${formatBytes(value)}/s`],
  [/Bytes$|^bytes(In|Out)?$/, formatBytes],
  [/Seconds$/, (value) => formatDuration(value * 1000)],
  [/Ms$/, formatDuration],
];
const UNIT = /(Bytes|Seconds|Ms|At)$/;

/** A value under its name, for people. */
export function formatFact(name: string, value: unknown): Fact {
  const words = name.replace(UNIT, '').replace(/([A-Z])/g, ' $1').toLowerCase(); // prettier-ignore
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return { title: title === '' ? name : title, text: textOf(name, value) };
}

function textOf(name: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return NOTHING;
  if (typeof value === 'number') return (UNITS.find(([unit]) => unit.test(name))?.[1] ?? formatCount)(value);
  if (typeof value === 'string') return /At$/.test(name) ? timeOf(value) : shortened(value);
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return value.length === 0 ? 'none' : shortened(value.join(', '));
  return shortened(JSON.stringify(value));
}

function timeOf(text: string): string {
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? shortened(text) : formatTime(atMs);
}

function shortened(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)} …` : text;
}

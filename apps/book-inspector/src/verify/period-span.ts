const US_PER_MS = 1000;
const DAY_MS = 86_400_000;
const PERIOD = /^(?<day>\d{4}-\d{2}-\d{2})(?:T(?<hour>\d{2})(?:-(?<minute>\d{2}))?(?:-(?<second>\d{2}))?)?$/;

/** The time that the name of a period stands for, µs since the epoch; how long shorter ones last their names do not say. */
export function periodSpan(period: string): { readonly startUs: number; readonly endUs: number } {
  const parts = PERIOD.exec(period)?.groups;
  if (parts === undefined) return { startUs: -Infinity, endUs: Infinity };
  const { day, hour, minute, second } = parts;
  const startMs = Date.parse(`${day}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}Z`);
  if (Number.isNaN(startMs)) return { startUs: -Infinity, endUs: Infinity };
  const lengthMs = hour === undefined ? DAY_MS : Infinity;
  return { startUs: startMs * US_PER_MS, endUs: (startMs + lengthMs) * US_PER_MS };
}

/** Numbers as the page shows them: short, and as wide now as they were a moment ago. */

export const NOTHING = '–';

export function formatCount(count: number): string {
  return count.toLocaleString('en-GB', { maximumFractionDigits: 0 });
}

export function formatRate(perSecond: number | undefined): string {
  if (perSecond === undefined) return NOTHING;
  return perSecond >= 100 ? formatCount(perSecond) : perSecond.toFixed(1);
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return NOTHING;
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** From milliseconds to days, in the largest two units. */
export function formatDuration(durationMs: number | undefined): string {
  if (durationMs === undefined) return NOTHING;
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  const seconds = Math.floor(durationMs / 1000);
  if (seconds < 60) return `${(durationMs / 1000).toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A difference of prices, with as many decimals as the price has. */
export function formatSpread(spread: number | undefined, price: string | undefined): string {
  if (spread === undefined || price === undefined) return NOTHING;
  const dot = price.indexOf('.');
  return spread.toFixed(dot === -1 ? 0 : price.length - dot - 1);
}

/** Time of day of this machine, `14:03:27`. */
export function formatTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString('en-GB');
}

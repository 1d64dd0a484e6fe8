import { QuantityError } from './errors.ts';
import { shownValue } from './shown-value.ts';

/** What every message about a malformed size tells. */
export const BYTE_SIZE_EXPECTED = 'a size like 256KiB, 64MiB, 1GiB or a number of bytes';

/** A whole number, of bytes or with one of the binary units; MB and M are refused because they mean two things. */
export const BYTE_SIZE_PATTERN = /^(\d{1,16})(KiB|MiB|GiB)?$/;

const UNITS = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
] as const;

/** Bytes of `256KiB`, `64MiB`, `1GiB`, `4096` or 4096. Throws {@link QuantityError} (`BYTE_SIZE_INVALID`). */
export function parseByteSize(value: string | number): number {
  const match = BYTE_SIZE_PATTERN.exec(String(value));
  const unitBytes = UNITS.find(([unit]) => unit === match?.[2])?.[1] ?? 1;
  const sizeBytes = Number(match?.[1]) * unitBytes;
  if (!Number.isSafeInteger(sizeBytes)) {
    throw new QuantityError('BYTE_SIZE_INVALID', BYTE_SIZE_EXPECTED, shownValue(value));
  }
  return sizeBytes;
}

/** The size in the largest unit that divides it, as {@link parseByteSize} reads it back. */
export function formatByteSize(sizeBytes: number): string {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new QuantityError('BYTE_SIZE_INVALID', 'a whole number of bytes from 0', shownValue(sizeBytes));
  }
  const unit = UNITS.find(([, unitBytes]) => sizeBytes > 0 && sizeBytes % unitBytes === 0);
  return unit === undefined ? String(sizeBytes) : `${sizeBytes / unit[1]}${unit[0]}`;
}

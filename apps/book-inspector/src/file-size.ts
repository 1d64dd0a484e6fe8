import { stat } from 'node:fs/promises';

/** Bytes of a file as it lies on disk; 0 where it is not there any more, which reading it will say. */
export function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

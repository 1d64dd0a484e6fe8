import { CaptureError, readCapture } from '@org/storage';

/** Reads a capture up to where it is damaged: for whoever looks at a recording before it is played, which reports damage. */
export async function* readUntilDamage(path: string): ReturnType<typeof readCapture> {
  try {
    yield* readCapture(path, { rejected: () => undefined });
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
}

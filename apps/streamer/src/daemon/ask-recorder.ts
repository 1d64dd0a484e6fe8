/** What a recorder answered: a JSON value, or why there is none, in words for people. */
export type Answer =
  | { readonly kind: 'answer'; readonly httpStatus: number; readonly body: unknown }
  | { readonly kind: 'no-answer'; readonly problem: string };

const TIMEOUT_MS = 2000;

/** The status of 600 symbols is some hundred KiB. */
const BYTES_MAX = 32 * 1024 * 1024;

/** Asks a recorder over HTTP; rejects never. `timeoutMs`: for the whole answer, 2000 by default. */
export async function askRecorder(url: string, path: string, timeoutMs = TIMEOUT_MS): Promise<Answer> {
  try {
    const response = await fetch(new URL(path, url), {
      redirect: 'error',
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body: unknown = JSON.parse(await boundedText(response));
    return { kind: 'answer', httpStatus: response.status, body };
  } catch (error) {
    return { kind: 'no-answer', problem: problemOf(error, timeoutMs) };
  }
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  // The types of the platform and of Node differ in this; what runs is Node's.
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > BYTES_MAX) throw new Error(`answer: expected at most ${BYTES_MAX} bytes`);
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

function problemOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Partial<Error> & {
    readonly cause?: Partial<NodeJS.ErrnoException>;
  };
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  // The platform wraps what the system said: "fetch failed" alone helps nobody.
  return cause?.message || cause?.code || message || String(error);
}

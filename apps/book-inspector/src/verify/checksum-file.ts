/** One line of a CHECKSUM file: what `sha256sum -c` reads. */
export interface ChecksumLine {
  readonly sha256: string;
  readonly name: string;
}

const LINE = /^(?<sha256>[0-9a-fA-F]{64}) [ *](?<name>[^/\0\n]+)\n?$/u;

/** Undefined when the text is not such a line. */
export function parseChecksum(text: string): ChecksumLine | undefined {
  const parts = LINE.exec(text)?.groups;
  return parts === undefined ? undefined : { sha256: parts['sha256']!.toLowerCase(), name: parts['name']! };
}

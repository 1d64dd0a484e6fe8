import { localSocketPath } from '@org/flow';

/** The sockets of the recorder of one output folder. */
export interface RecorderSockets {
  /** Where the writer takes batches, and where it publishes the merged stream. */
  readonly recordSocket: string;
  readonly feedSocket: string;
  /** Where it serves the journal to sinks in other processes. */
  readonly tailSocket: string;
  /** Who holds it is the primary; children whose primary died come here. */
  readonly doorSocket: string;
}

export function recorderSockets(outputPath: string): RecorderSockets {
  return {
    recordSocket: localSocketPath(`${outputPath}:records`),
    feedSocket: localSocketPath(`${outputPath}:feed`),
    tailSocket: localSocketPath(`${outputPath}:tail`),
    doorSocket: localSocketPath(`${outputPath}:door`),
  };
}

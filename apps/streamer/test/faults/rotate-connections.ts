import { conclude, type Conclusion } from './conclusion.ts';
import type { ExchangeReport } from './exchange-report.ts';
import { isLive, type RecordingOptions, whileUnderLoad } from './recording.ts';

export interface RotateConnectionsFigures extends Conclusion {
  readonly connections: number;
  readonly rotations: number;
}

/** Lets connections grow old and be replaced, until that has happened so many times. */
export async function rotateConnections(
  options: RecordingOptions & { readonly lifetime: string; readonly rotations: number },
): Promise<RotateConnectionsFigures> {
  let figures: RotateConnectionsFigures | undefined;
  const network = { lifetime: options.lifetime, ...options.network };
  await whileUnderLoad({ ...options, network }, async (recording) => {
    const { exchange, recorder } = recording;
    await recorder.statusWhen(isLive);
    const rotations = (): number => recorder.output().stderr.match(/ConnectionRotated/g)?.length ?? 0;
    await recorder.statusWhen(() => rotations() >= options.rotations, 3000 * options.rotations);
    const { connectionsAccepted } = await exchange.report<ExchangeReport>();
    const conclusion = await conclude(recording);
    figures = { ...conclusion, connections: connectionsAccepted, rotations: rotations() };
  });
  return figures!;
}

export interface SignalLink {
  readonly signal: AbortSignal;
  /** Must be called: one of the signals may live as long as the process. */
  unlink(): void;
}

/** A signal that says what the first of `signals` says. Unlike `AbortSignal.any` it leaves nothing behind. */
export function linkSignals(signals: readonly (AbortSignal | undefined)[]): SignalLink {
  const controller = new AbortController();
  const sources = signals.filter((signal) => signal !== undefined);
  const abort = (event: Event) => controller.abort((event.target as AbortSignal).reason);
  for (const source of sources) {
    if (source.aborted) controller.abort(source.reason);
    source.addEventListener('abort', abort);
  }
  return {
    signal: controller.signal,
    unlink: () => {
      for (const source of sources) source.removeEventListener('abort', abort);
    },
  };
}

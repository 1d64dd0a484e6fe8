import type { Sink } from '@org/storage';

/** A sink before whose end something is to be done: its last rows are stored, and it can still close files. */
export function archivedSink(sink: Sink, finish: () => Promise<void>): Sink {
  return {
    name: sink.name,
    open: () => sink.open(),
    append: (batch, position) => sink.append(batch, position),
    commit: (state) => sink.commit(state),
    stats: () => sink.stats(),
    close: async () => {
      await finish();
      await sink.close();
    },
  };
}

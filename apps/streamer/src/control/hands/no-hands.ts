import type { ReloadReport } from '../reload.ts';
import type { Hands } from './open-hands.ts';

/** Of a machine that records no symbols itself. */
export function noHands(role: string, nowMs: () => number): Hands {
  let requested = 0;
  let lastAt: string | null = null;
  return {
    start: () => undefined,
    reload: () => {
      requested++;
      lastAt = new Date(nowMs()).toISOString();
    },
    reloads: (): ReloadReport => ({
      requested,
      finished: requested,
      lastAt,
      outcome: requested === 0 ? null : 'refused',
      problem: requested === 0 ? null : `the role ${role} takes another configuration with a restart`,
      needRestart: [],
    }),
    shed: () => undefined,
    close: () => Promise.resolve(),
  };
}

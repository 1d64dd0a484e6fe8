/**
 * The messages that this library itself sends over the IPC channel; all others belong to the application.
 *
 *   child → parent   ready            it does its work
 *   child → parent   stop-requested   it got a signal; the parent orders the stop
 *   child → parent   stopped          its last word
 *   parent → child   stop             drain and exit
 */
export type ControlMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'stop' }
  | { readonly type: 'stop-requested'; readonly signal: NodeJS.Signals }
  | { readonly type: 'stopped' };

const TYPES: ReadonlySet<unknown> = new Set(['ready', 'stop', 'stop-requested', 'stopped']);

/** The message as one of ours, or undefined. */
export function asControlMessage(message: unknown): ControlMessage | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  return TYPES.has(message.type) ? (message as ControlMessage) : undefined;
}

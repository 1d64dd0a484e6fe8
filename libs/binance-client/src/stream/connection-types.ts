import type { BackoffPolicy } from './backoff.ts';

/** The connection that takes over: live next to the old one until it is handed the streams. */
export interface Successor {
  readonly phase: 'connecting' | 'subscribing' | 'live';
  readonly id: number;
  readonly liveAtMs: number | undefined;
  /** It has delivered every stream that is live on the current connection. */
  readonly isCovering: boolean;
}

/** The predecessor, while it delivers what was under way when it was told to close. */
export interface Retiring {
  readonly id: number;
  /** `silent` when that is why it was replaced; `reason` says how long. */
  readonly cause: 'rotated' | 'silent';
  readonly reason: string | undefined;
}

/** A state in which there is a source of data. */
export interface SourceState {
  readonly name: 'connecting' | 'subscribing' | 'live';
  readonly id: number;
  /** When it delivered for the first time; undefined before. */
  readonly liveAtMs: number | undefined;
  /** Why it is being replaced for its silence, and since when; undefined while it is trusted. */
  readonly silence: { readonly sinceMs: number; readonly reason: string } | undefined;
  /** Failed attempts in a row before this one; only the first data message makes it 0. */
  readonly attempt: number;
  readonly successor: Successor | undefined;
  readonly retiring: Retiring | undefined;
  /** Rotations in a row that came to nothing. */
  readonly failedRotations: number;
}

export type ConnectionState =
  | { readonly name: 'idle' }
  | SourceState
  | { readonly name: 'waiting'; readonly attempt: number; readonly resumeAtMs: number }
  | { readonly name: 'stopping'; readonly ids: readonly number[] }
  | { readonly name: 'stopped'; readonly gaveUp: boolean };

export type ConnectionTimer = 'resume' | 'rotate' | 'handover';

/** Why a connection is gone. */
export type CloseCause =
  /** The other side closed it, cleanly or not, or it could not be opened. */
  | 'closed'
  /** Replaced for no data on any of its streams for the limit, or cut because its peer answers no ping. */
  | 'silent'
  /** Its successor took over. */
  | 'rotated'
  /** A successor that delivered nothing in time. */
  | 'abandoned'
  /** `stop()`. */
  | 'stopped';

export type ConnectionEvent =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'opened'; readonly id: number }
  /** The first data message of a connection; later ones change nothing here. */
  | { readonly type: 'data'; readonly id: number }
  /** Every stream that is live on the current connection has delivered on its successor. */
  | { readonly type: 'covered'; readonly id: number }
  /** Nothing has come for the limit. The connection may wake up, so it is kept until a successor delivers. */
  | { readonly type: 'silent'; readonly id: number; readonly reason: string }
  /** The peer does not answer. */
  | { readonly type: 'dead'; readonly id: number; readonly reason: string }
  /** The server announced that it will close the connection. */
  | { readonly type: 'leaving'; readonly id: number }
  | {
      readonly type: 'closed';
      readonly id: number;
      readonly code: number;
      readonly reason: string;
      /** Set when the other side said how long to stay away. */
      readonly retryAfterMs?: number;
    }
  | { readonly type: 'due'; readonly timer: ConnectionTimer };

export type ConnectionReport =
  | { readonly type: 'opened'; readonly id: number }
  | {
      readonly type: 'closed';
      readonly id: number;
      readonly code: number;
      readonly reason: string;
      readonly cause: CloseCause;
      /** undefined when nothing follows, or when the successor is there already. */
      readonly willRetryInMs: number | undefined;
    }
  | { readonly type: 'rotated'; readonly from: number; readonly to: number }
  | { readonly type: 'gaveUp'; readonly attempts: number };

export type ConnectionEffect =
  | { readonly type: 'open'; readonly id: number }
  | { readonly type: 'subscribe'; readonly id: number }
  /** Say goodbye and take what is still under way. */
  | { readonly type: 'close'; readonly id: number }
  /** Cut at once; nothing more is taken. */
  | { readonly type: 'terminate'; readonly id: number }
  | { readonly type: 'setTimer'; readonly timer: ConnectionTimer; readonly delayMs: number }
  | { readonly type: 'clearTimer'; readonly timer: ConnectionTimer }
  | { readonly type: 'report'; readonly report: ConnectionReport };

export interface ConnectionPolicy extends BackoffPolicy {
  /** Failed attempts in a row after which it gives up; 0 never does. */
  readonly maxRetries: number;
  /** Age at which a connection is replaced. */
  readonly lifetimeMs: number;
  /** A connection that delivered for so long is replaced without a wait when it is lost. */
  readonly steadyAfterMs: number;
  /** Longest time in which old and new connection deliver side by side before the new one must be live. */
  readonly overlapMs: number;
  /** How long both go on after the new one covers the old: what the old one still has under way arrives. */
  readonly lingerMs: number;
}

/** What the outside gives to one step: time, chance and a connection id that was never used. */
export interface StepInput {
  readonly nowMs: number;
  /** In [0, 1). */
  readonly chance: number;
  readonly freshId: number;
}

export interface Step {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

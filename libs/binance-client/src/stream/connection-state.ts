import { backoffDelayMs } from './backoff.ts';
import type {
  CloseCause,
  ConnectionEffect,
  ConnectionEvent,
  ConnectionPolicy,
  ConnectionState,
  ConnectionTimer,
  SourceState,
  Step,
  StepInput,
  Successor,
} from './connection-types.ts';

/*
 * One set of streams and the connection that carries it.
 *
 *               start              opened               data
 *      idle ───────────▶ connecting ─────▶ subscribing ──────▶ live ◀─┐
 *                            ▲    │             │               │  │  │ rotate, silent, leaving: a successor goes
 *                     resume │    │ closed      │ closed,       │  └──┘ through connecting, subscribing and live
 *                            │    ▼             ▼ dead          │       beside this one, then takes its place (handover)
 *                            └── waiting ◀──────┴───────────────┘
 *                                   │ retries spent
 *      stop, from anywhere:         ▼
 *      stopping ──────────────▶ stopped
 *        all sockets closed
 *
 * - Attempts are counted down to the first data message; being open proves nothing. The first attempt after a
 *   connection that delivered for a while is made at once and is not counted.
 * - A silent connection is kept beside its successor, since it may wake up. The successor takes over once it delivers; as
 *   long as none does, the next ones follow after the overlap and a growing back-off.
 * - When the current connection is lost while a successor exists, the successor is current from then on.
 * - There is one source, and beside it at most one successor and one retiring predecessor.
 */

type Tail = readonly ConnectionEffect[];

/** Two USD-M sockets that were opened together are not replaced together. */
const STAGGER_SHARE = 0.05;

export const INITIAL_STATE: ConnectionState = { name: 'idle' };

export function isSource(state: ConnectionState): state is SourceState {
  return state.name === 'connecting' || state.name === 'subscribing' || state.name === 'live';
}

/** The connections that may still be heard in this state. Everything else is late and is dropped. */
export function ownedIds(state: ConnectionState): readonly number[] {
  if (state.name === 'stopping') return state.ids;
  if (!isSource(state)) return [];
  return [state.id, state.successor?.id, state.retiring?.id].filter((id) => id !== undefined);
}

export function stepConnection(
  policy: ConnectionPolicy,
  state: ConnectionState,
  event: ConnectionEvent,
  input: StepInput,
): Step {
  if ('id' in event && !ownedIds(state).includes(event.id)) return same(state);
  switch (event.type) {
    case 'start':
      return state.name === 'idle' ? connect(0, input) : same(state);
    case 'stop':
      return stop(state);
    case 'opened':
      return opened(policy, state, event.id, input);
    case 'data':
      return live(state, event.id, input);
    case 'covered':
      return covered(policy, state, event.id);
    case 'silent':
      return silent(policy, state, event, input);
    case 'dead':
      return gone(policy, state, { ...event, code: 1006, cause: 'silent' }, input);
    case 'leaving':
      return leaving(policy, state, event.id, input);
    case 'closed':
      return gone(policy, state, { ...event, cause: 'closed' }, input);
    case 'due':
      return due(policy, state, event.timer, input);
    default:
      return unknownEvent(event);
  }
}

function same(state: ConnectionState): Step {
  return { state, effects: [] };
}

function unknownEvent(event: never): never {
  throw new TypeError(`unknown connection event ${JSON.stringify(event)}`);
}

function connect(attempt: number, { freshId }: StepInput): Step {
  const state: SourceState = {
    name: 'connecting', id: freshId, attempt, liveAtMs: undefined, silence: undefined, successor: undefined,
    retiring: undefined, failedRotations: 0,
  }; // prettier-ignore
  return { state, effects: [{ type: 'open', id: freshId }] };
}

function opened(policy: ConnectionPolicy, state: ConnectionState, id: number, { chance }: StepInput): Step {
  if (!isSource(state)) return same(state);
  const effects: Tail = [
    { type: 'subscribe', id },
    setTimer('rotate', Math.round(policy.lifetimeMs * (1 - STAGGER_SHARE * chance))),
    { type: 'report', report: { type: 'opened', id } },
  ];
  if (id === state.id && state.name === 'connecting')
    return { state: { ...state, name: 'subscribing' }, effects };
  if (id !== state.successor?.id || state.successor.phase !== 'connecting') return same(state);
  return { state: { ...state, successor: { ...state.successor, phase: 'subscribing' } }, effects };
}

function live(state: ConnectionState, id: number, { nowMs: liveAtMs }: StepInput): Step {
  if (!isSource(state)) return same(state);
  if (id === state.id && state.name === 'subscribing') {
    return { state: { ...state, name: 'live', liveAtMs, attempt: 0 }, effects: [] };
  }
  if (id !== state.successor?.id || state.successor.phase !== 'subscribing') return same(state);
  return { state: { ...state, successor: { ...state.successor, phase: 'live', liveAtMs } }, effects: [] };
}

function covered(policy: ConnectionPolicy, state: ConnectionState, id: number): Step {
  if (!isSource(state) || id !== state.successor?.id) return same(state);
  const { phase, isCovering } = state.successor;
  if (isCovering || phase === 'connecting') return same(state);
  // A silent connection has nothing that could be covered; only data shows that the successor is better.
  if (state.silence !== undefined && phase !== 'live') return same(state);
  const successor = { ...state.successor, isCovering: true };
  return { state: { ...state, successor }, effects: [setTimer('handover', policy.lingerMs)] };
}

function due(
  policy: ConnectionPolicy,
  state: ConnectionState,
  timer: ConnectionTimer,
  input: StepInput,
): Step {
  switch (timer) {
    case 'resume':
      return state.name === 'waiting' ? connect(state.attempt, input) : same(state);
    case 'rotate':
      return rotate(policy, state, input);
    case 'handover':
      return handover(policy, state, input);
    default:
      return unknownEvent(timer);
  }
}

/** A second word about the same silence changes nothing: a successor is there, or due after its back-off. */
function silent(
  policy: ConnectionPolicy,
  state: ConnectionState,
  { id, reason }: { readonly id: number; readonly reason: string },
  input: StepInput,
): Step {
  if (!isSource(state) || id !== state.id || state.silence !== undefined) return same(state);
  const doubted: SourceState = { ...state, silence: { sinceMs: input.nowMs, reason } };
  return state.successor === undefined ? rotate(policy, doubted, input) : same(doubted);
}

/** The server of a connection announced its end: the source is replaced, a successor makes room for a better one. */
function leaving(policy: ConnectionPolicy, state: ConnectionState, id: number, input: StepInput): Step {
  if (!isSource(state)) return same(state);
  if (id === state.id && state.successor === undefined) return rotate(policy, state, input);
  if (id === state.successor?.id) return abandon(policy, state, id, 'its server is shutting down', input);
  return same(state);
}

function rotate(policy: ConnectionPolicy, state: ConnectionState, { freshId }: StepInput): Step {
  if (!isSource(state)) return same(state);
  if (state.successor !== undefined) return { state, effects: [setTimer('rotate', policy.overlapMs)] };
  const open: Tail = [{ type: 'open', id: freshId }, setTimer('handover', policy.overlapMs)];
  const next: SourceState = {
    ...state,
    successor: { phase: 'connecting', id: freshId, liveAtMs: undefined, isCovering: false },
    retiring: undefined,
  };
  return { state: next, effects: [...cutRetiring(state), ...open] };
}

/** The overlap is over: the successor takes the place, or goes when it has less to show than the one it replaces. */
function handover(policy: ConnectionPolicy, state: ConnectionState, input: StepInput): Step {
  if (!isSource(state) || state.successor === undefined) return same(state);
  const { phase, id, isCovering } = state.successor;
  if (phase !== 'live' && !isCovering)
    return abandon(policy, state, id, 'delivered nothing in the overlap', input);
  const effects: Tail = [
    { type: 'close', id: state.id },
    { type: 'report', report: { type: 'rotated', from: state.id, to: id } },
  ];
  const { silence } = state;
  const cause = silence === undefined ? 'rotated' : 'silent';
  const retiring = { id: state.id, cause, reason: silence?.reason } as const;
  return { state: { ...promoted(state, state.successor), retiring }, effects };
}

function abandon(
  policy: ConnectionPolicy,
  state: SourceState,
  id: number,
  reason: string,
  input: StepInput,
): Step {
  const kept = retryRotation(policy, state, input);
  const gone = closedReport(id, 1006, reason, 'abandoned', undefined);
  return { state: kept.state, effects: [{ type: 'terminate', id }, ...kept.effects, gone] };
}

/** The successor as the current connection. */
function promoted(state: SourceState, { phase, id, liveAtMs }: Successor): SourceState {
  return {
    name: phase,
    id,
    liveAtMs,
    silence: undefined,
    attempt: phase === 'live' ? 0 : state.attempt,
    successor: undefined,
    retiring: state.retiring,
    failedRotations: 0,
  };
}

function retryRotation(policy: ConnectionPolicy, state: SourceState, { chance }: StepInput): Step {
  const failedRotations = state.failedRotations + 1;
  const delayMs = backoffDelayMs(policy, failedRotations, chance);
  return {
    state: { ...state, successor: undefined, failedRotations },
    effects: [{ type: 'clearTimer', timer: 'handover' }, setTimer('rotate', delayMs)],
  };
}

interface Loss {
  readonly id: number;
  readonly code?: number;
  readonly reason: string;
  readonly cause: CloseCause;
  readonly retryAfterMs?: number;
}

/** A connection is gone: the retiring one, the successor, or the current one. */
function gone(policy: ConnectionPolicy, state: ConnectionState, loss: Loss, input: StepInput): Step {
  const { id, code = 1006, reason, cause } = loss;
  const cut: Tail = cause === 'silent' ? [{ type: 'terminate', id }] : [];
  if (state.name === 'stopping') {
    const last = stopped(state.ids, id, code, reason);
    return { state: last.state, effects: [...cut, ...last.effects] };
  }
  if (!isSource(state)) return same(state);
  if (id === state.retiring?.id) {
    const report = closedReport(id, code, state.retiring.reason ?? reason, state.retiring.cause, undefined);
    return { state: { ...state, retiring: undefined }, effects: [...cut, report] };
  }
  if (id === state.successor?.id) {
    const kept = retryRotation(policy, state, input);
    return {
      state: kept.state,
      effects: [...cut, ...kept.effects, closedReport(id, code, reason, cause, undefined)],
    };
  }
  if (state.successor !== undefined) {
    const effects: Tail = [
      { type: 'clearTimer', timer: 'handover' },
      closedReport(id, code, reason, cause, 0),
    ];
    return { state: promoted(state, state.successor), effects: [...cut, ...effects] };
  }
  const next = wait(policy, state, loss, input);
  return { state: next.state, effects: [...cut, ...next.effects] };
}

function wait(policy: ConnectionPolicy, state: SourceState, loss: Loss, { nowMs, chance }: StepInput): Step {
  const isSteady = state.liveAtMs !== undefined && nowMs - state.liveAtMs >= policy.steadyAfterMs;
  const attempt = isSteady ? 0 : state.attempt + 1;
  const { id, code = 1006, reason, cause } = loss;
  const leftovers: Tail = [{ type: 'clearTimer', timer: 'rotate' }, ...cutRetiring(state)];
  if (policy.maxRetries > 0 && attempt > policy.maxRetries) {
    const report = closedReport(id, code, reason, cause, undefined);
    const effects: Tail = [
      ...leftovers,
      report,
      { type: 'report', report: { type: 'gaveUp', attempts: attempt } },
    ];
    return { state: { name: 'stopped', gaveUp: true }, effects };
  }
  const backoffMs = isSteady ? 0 : backoffDelayMs(policy, attempt, chance);
  const delayMs = Math.max(backoffMs, loss.retryAfterMs ?? 0);
  return {
    state: { name: 'waiting', attempt, resumeAtMs: nowMs + delayMs },
    effects: [...leftovers, closedReport(id, code, reason, cause, delayMs), setTimer('resume', delayMs)],
  };
}

/** A predecessor that is still closing when the next change comes is not waited for any longer. */
function cutRetiring({ retiring }: SourceState): Tail {
  if (retiring === undefined) return [];
  const { id, cause, reason = 'did not close in time' } = retiring;
  return [{ type: 'terminate', id }, closedReport(id, 1006, reason, cause, undefined)];
}

function stop(state: ConnectionState): Step {
  if (state.name === 'stopping' || state.name === 'stopped') return same(state);
  const ids = ownedIds(state);
  const timers: Tail = (['resume', 'rotate', 'handover'] as const).map((timer) => ({
    type: 'clearTimer',
    timer,
  }));
  const closes: Tail = ids.map((id) => ({ type: 'close', id }));
  const next: ConnectionState =
    ids.length > 0 ? { name: 'stopping', ids } : { name: 'stopped', gaveUp: false };
  return { state: next, effects: [...timers, ...closes] };
}

function stopped(ids: readonly number[], id: number, code: number, reason: string): Step {
  const left = ids.filter((other) => other !== id);
  const state: ConnectionState =
    left.length > 0 ? { name: 'stopping', ids: left } : { name: 'stopped', gaveUp: false };
  return { state, effects: [closedReport(id, code, reason, 'stopped', undefined)] };
}

function setTimer(timer: ConnectionTimer, delayMs: number): ConnectionEffect {
  return { type: 'setTimer', timer, delayMs };
}

function closedReport(
  id: number,
  code: number,
  reason: string,
  cause: CloseCause,
  willRetryInMs: number | undefined,
): ConnectionEffect {
  return { type: 'report', report: { type: 'closed', id, code, reason, cause, willRetryInMs } };
}

/** What a control message asks for, and the text that answers it. */
export interface ControlAnswer {
  readonly reply: string;
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly combined?: boolean;
}

/** What the answer depends on. */
export interface ControlState {
  readonly subscriptions: ReadonlySet<string>;
  readonly combined: boolean;
  readonly streamsMax: number;
  /** Both forms of an error are seen on the wire, by different people. */
  readonly errorShape: 'nested' | 'flat';
}

/** Codes: developers.binance.com, "Live Subscribing/Unsubscribing to streams", table of errors, seen 2026-11. */
const UNKNOWN_PROPERTY = 0;
const INVALID_VALUE = 1;
const INVALID_REQUEST = 2;
const INVALID_JSON = 3;

interface Refusal {
  readonly code: number;
  readonly msg: string;
}

type Params = readonly unknown[];

/**
 * Answers one text message of a client. A stream name is never checked: the exchange acknowledges whatever it is asked
 * for, and says nothing when it will never send it.
 */
export function answerControl(text: string, state: ControlState): ControlAnswer {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return refuse(
      { code: INVALID_JSON, msg: 'Invalid JSON: expected value at line 1 column 1' },
      undefined,
      state,
    );
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return refuse(invalid('request must be an object'), undefined, state);
  }
  const { id, method, params } = message as { id?: unknown; method?: unknown; params?: unknown };
  if (!Number.isSafeInteger(id) || (id as number) < 0) {
    return refuse(invalid('request ID must be an unsigned integer'), undefined, state);
  }
  const answer = carryOut(method, params, id as number, state);
  return 'code' in answer ? refuse(answer, id as number, state) : answer;
}

function carryOut(
  method: unknown,
  params: unknown,
  id: number,
  state: ControlState,
): ControlAnswer | Refusal {
  switch (method) {
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return changeStreams(method, params, id, state);
    case 'LIST_SUBSCRIPTIONS':
      if (params !== undefined && (params as Params).length !== 0) return invalid('too many parameters');
      return { reply: result([...state.subscriptions], id) };
    case 'SET_PROPERTY':
      return setProperty(params, id);
    case 'GET_PROPERTY': {
      const problem = propertyProblem(params, 1);
      return problem ?? { reply: result(state.combined, id) };
    }
    default:
      return invalid(
        method === undefined ? 'missing field `method`' : `unknown variant \`${JSON.stringify(method)}\``,
      );
  }
}

function changeStreams(
  method: string,
  params: unknown,
  id: number,
  state: ControlState,
): ControlAnswer | Refusal {
  if (params === undefined) return invalid('missing field `params`');
  if (!Array.isArray(params) || !params.every((name) => typeof name === 'string')) {
    return invalid('params must be an array of stream names');
  }
  if (method === 'UNSUBSCRIBE') return { reply: result(null, id), unsubscribe: params };
  const together = new Set([...state.subscriptions, ...params]);
  if (together.size > state.streamsMax)
    return invalid(`too many streams: ${together.size}, at most ${state.streamsMax}`);
  return { reply: result(null, id), subscribe: params };
}

function setProperty(params: unknown, id: number): ControlAnswer | Refusal {
  const problem = propertyProblem(params, 2);
  if (problem !== undefined) return problem;
  const value = (params as Params)[1];
  if (typeof value !== 'boolean') return { code: INVALID_VALUE, msg: 'Invalid value type: expected Boolean' };
  return { reply: result(null, id), combined: value };
}

function propertyProblem(params: unknown, count: number): Refusal | undefined {
  if (!Array.isArray(params)) return invalid('missing field `params`');
  if (params.length !== count) return invalid(`expected ${count} parameters, got ${params.length}`);
  if (typeof params[0] !== 'string') return invalid('property name must be a string');
  if (params[0] !== 'combined') return { code: UNKNOWN_PROPERTY, msg: `Unknown property: ${params[0]}` };
  return undefined;
}

function invalid(problem: string): Refusal {
  return { code: INVALID_REQUEST, msg: `Invalid request: ${problem}` };
}

function result(value: unknown, id: number): string {
  return JSON.stringify({ result: value, id });
}

function refuse(refusal: Refusal, id: number | undefined, state: ControlState): ControlAnswer {
  return { reply: JSON.stringify(state.errorShape === 'flat' ? { ...refusal, id } : { error: refusal, id }) };
}

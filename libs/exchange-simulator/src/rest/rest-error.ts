/** An error as the exchange words it: HTTP status, and a JSON body with a code of its own. */
export interface RestError {
  readonly status: number;
  readonly body: { readonly code: number; readonly msg: string };
}

/** Codes and texts: developers.binance.com, USDⓈ-M futures, "Error Codes", and bodies seen by others; 2026-11. */
export const REST_ERRORS = {
  invalidSymbol: { status: 400, body: { code: -1121, msg: 'Invalid symbol.' } },
  invalidStatus: { status: 400, body: { code: -1122, msg: 'Invalid symbol status.' } },
  notTrading: {
    status: 400,
    body: {
      code: -4108,
      msg: 'Symbol is on delivering or delivered or settling or closed or pre-trading.',
    },
  },
  invalidInterval: { status: 400, body: { code: -1120, msg: 'Invalid interval.' } },
  unavailable: {
    status: 503,
    body: { code: -1001, msg: 'Internal error; unable to process your request. Please try again.' },
  },
  unknownPath: { status: 404, body: { code: -5000, msg: 'Path is invalid' } },
  // The code is that of klines over too long a range; for aggTrades no body was seen.
  rangeTooLong: { status: 400, body: { code: -4088, msg: 'Maximum time interval is 1 hour.' } },
} as const;

export function missingParameter(name: string): RestError {
  return {
    status: 400,
    body: { code: -1102, msg: `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.` },
  };
}

export function malformedParameter(name: string): RestError {
  return { status: 400, body: { code: -1100, msg: `Illegal characters found in parameter '${name}'.` } };
}

export function invalidDepthLimit(limit: number | string): RestError {
  return { status: 400, body: { code: -4021, msg: `${limit} is not valid depth limit.` } };
}

export function tooManyRequests(limit: number): RestError {
  return {
    status: 429,
    body: {
      code: -1003,
      msg: `Too many requests; current limit is ${limit} requests per minute. Please use the websocket for live updates to avoid polling the API.`,
    },
  };
}

export function banned(untilMs: number): RestError {
  return {
    status: 418,
    body: {
      code: -1003,
      msg: `Way too many requests; IP banned until ${untilMs}. Please use the websocket for live updates to avoid bans.`,
    },
  };
}

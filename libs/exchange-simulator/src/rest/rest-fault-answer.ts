import type { RestFault } from '../faults/fault.ts';
import { REST_ERRORS, tooManyRequests } from './rest-error.ts';

/** What a client gets instead of its answer. */
export interface FaultAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json';
const HTML_TYPE = 'text/html';

/** The firewall in front of the exchange answers in HTML. */
const BLOCKED_PAGE =
  '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">\n<HTML><HEAD>' +
  '<TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1>Request blocked.</BODY></HTML>\n';

function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): FaultAnswer {
  return { status, contentType: JSON_TYPE, body: JSON.stringify(body), headers };
}

/** The answer of a fault, or undefined for one that only makes the client wait. */
export function faultAnswer(fault: RestFault, weightLimit: number): FaultAnswer | undefined {
  switch (fault.fault) {
    case 'rest429': {
      const retryAfter =
        fault.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(fault.retryAfter / 1000)) };
      return json(429, tooManyRequests(weightLimit).body, retryAfter);
    }
    case 'rest403html':
      return { status: 403, contentType: HTML_TYPE, body: BLOCKED_PAGE };
    case 'rest451':
      return json(451, { code: 0, msg: 'Service unavailable from a restricted location.' });
    case 'rest5xx':
      return json(fault.status, REST_ERRORS.unavailable.body);
    case 'restGarbage':
      return { status: 200, contentType: JSON_TYPE, body: '{"lastUpdateId":1027024,"bids":[["4.0000' };
    case 'restSlow':
      return undefined;
  }
}

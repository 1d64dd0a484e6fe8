import { BinanceClientError } from '../errors.ts';
import type { BudgetRequest, RequestPermit } from './request-budget.ts';

/** A request that waits for leave. */
export interface WaitingRequest {
  readonly weight: number;
  readonly priority: number;
  /** When it began to wait, in the time of its budget. */
  readonly sinceMs: number;
  grant(permit: RequestPermit): void;
  refuse(error: BinanceClientError): void;
}

/** Requests by priority, then by age. Nobody overtakes the first: a heavy request would never get its turn. */
export class RequestQueue {
  readonly #waiting: WaitingRequest[] = [];
  readonly #lengthMax: number;
  readonly #changed: () => void;

  /** `changed` is called when there is another first request, or none. */
  constructor(lengthMax: number, changed: () => void) {
    this.#lengthMax = lengthMax;
    this.#changed = changed;
  }

  get first(): WaitingRequest | undefined {
    return this.#waiting[0];
  }

  get length(): number {
    return this.#waiting.length;
  }

  [Symbol.iterator](): Iterator<WaitingRequest> {
    return this.#waiting.values();
  }

  join({ weight, priority = 0, signal }: BudgetRequest, nowMs: number): Promise<RequestPermit> {
    if (signal?.aborted) return Promise.reject(aborted(signal));
    if (this.#waiting.length >= this.#lengthMax) {
      const message = `request budget: ${this.#waiting.length} requests wait, limit ${this.#lengthMax}`;
      return Promise.reject(new BinanceClientError('BUDGET_FULL', message));
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        const at = this.#waiting.indexOf(waiting);
        this.#waiting.splice(at, 1);
        reject(aborted(signal));
        if (at === 0) this.#changed();
      };
      const end = () => signal?.removeEventListener('abort', leave);
      const waiting: WaitingRequest = {
        weight,
        priority,
        sinceMs: nowMs,
        grant: (permit) => {
          end();
          resolve(permit);
        },
        refuse: (error) => {
          end();
          reject(error);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#insert(waiting);
      if (this.first === waiting) this.#changed();
    });
  }

  /** Takes the first request out; whoever takes it grants it. */
  shift(): WaitingRequest | undefined {
    return this.#waiting.shift();
  }

  refuseAll(error: BinanceClientError): void {
    for (const waiting of this.#waiting.splice(0)) waiting.refuse(error);
  }

  #insert(waiting: WaitingRequest): void {
    const at = this.#waiting.findIndex(({ priority }) => priority > waiting.priority);
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, waiting);
  }
}

function aborted(signal: AbortSignal | undefined): BinanceClientError {
  return new BinanceClientError('REQUEST_ABORTED', 'request: aborted while it waited for weight', {
    cause: signal?.reason,
  });
}

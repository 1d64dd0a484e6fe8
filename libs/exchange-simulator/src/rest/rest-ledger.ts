import type { RestReport } from '../delivery/sent-report.ts';

/** Different paths that are told apart; a client that asks for more of them is counted under one name. */
const PATHS_MAX = 200;

/** Counts requests by path and status. */
export class RestLedger {
  readonly #requests = new Map<string, { path: string; status: number; requests: number }>();

  count(path: string, status: number): void {
    const isKnown = this.#requests.has(`${path} ${status}`) || this.#requests.size < PATHS_MAX;
    const name = isKnown ? path : '(other)';
    const entry = this.#requests.get(`${name} ${status}`) ?? { path: name, status, requests: 0 };
    entry.requests++;
    this.#requests.set(`${name} ${status}`, entry);
  }

  report(): readonly RestReport[] {
    return [...this.#requests.values()].map((entry) => ({ ...entry }));
  }
}

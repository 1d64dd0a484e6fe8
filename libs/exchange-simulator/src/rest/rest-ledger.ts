import type { RestReport, RestRequestReport } from '../delivery/sent-report.ts';
import { WeightPeak } from './weight-peak.ts';

/** Different paths that are told apart; a client that asks for more of them is counted under one name. */
const PATHS_MAX = 200;
const PATH_LENGTH_MAX = 200;
/** Requests that are remembered one by one, the newest. */
const LOG_MAX = 10_000;

interface LoggedRequest {
  readonly atMs: number;
  readonly path: string;
  readonly weight: number;
  status: number | undefined;
}

/** Writes down who asked for what, when, at what weight, and how it was answered. */
export class RestLedger {
  readonly peak = new WeightPeak();
  readonly #requests = new Map<string, { path: string; status: number; requests: number }>();
  readonly #log: LoggedRequest[] = [];

  /** A request arrives; call what is returned with the status of its answer. */
  arrived(path: string, weight: number, nowMs: number): (status: number) => void {
    this.peak.add(weight, nowMs);
    const entry: LoggedRequest = {
      atMs: Math.floor(nowMs),
      path: path.slice(0, PATH_LENGTH_MAX),
      weight,
      status: undefined,
    };
    this.#log.push(entry);
    if (this.#log.length > LOG_MAX * 1.1) this.#log.splice(0, this.#log.length - LOG_MAX);
    return (status) => {
      entry.status = status;
      this.#count(entry.path, status);
    };
  }

  report(): readonly RestReport[] {
    return [...this.#requests.values()].map((entry) => ({ ...entry }));
  }

  log(): readonly RestRequestReport[] {
    return this.#log.slice(-LOG_MAX).map((entry) => ({ ...entry }));
  }

  #count(path: string, status: number): void {
    const isKnown = this.#requests.has(`${path} ${status}`) || this.#requests.size < PATHS_MAX;
    const name = isKnown ? path : '(other)';
    const entry = this.#requests.get(`${name} ${status}`) ?? { path: name, status, requests: 0 };
    entry.requests++;
    this.#requests.set(`${name} ${status}`, entry);
  }
}

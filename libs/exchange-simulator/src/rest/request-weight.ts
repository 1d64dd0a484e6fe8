import type { BanList } from './ban-list.ts';

/** The exchange's account of what an address has used. */
export interface RequestWeightRules {
  /** Weight that one minute takes. */
  readonly limit: number;
  /** Requests over the limit that are answered 429 before the ban. */
  readonly refusalsBeforeBan: number;
  readonly banMs: number;
}

export type WeightVerdict =
  { readonly status: 200 | 429 } | { readonly status: 418; readonly bannedUntilMs: number };

const MINUTE_MS = 60_000;

/**
 * Adds up request weight by the minute of the clock. Over the limit requests are refused, and who goes on asking is
 * banned: developers.binance.com, USDⓈ-M futures, "General Info", limits, seen 2026-11.
 */
export class RequestWeight {
  readonly #rules: RequestWeightRules | undefined;
  readonly #bans: BanList;
  #minute = -1;
  #used = 0;
  #refusals = 0;

  /** Without rules it counts and never refuses. */
  constructor(rules: RequestWeightRules | undefined, bans: BanList) {
    this.#rules = rules;
    this.#bans = bans;
  }

  /** Weight used in the running minute, as the header tells it. */
  used(nowMs: number): number {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#used = this.#refusals = 0;
    }
    return this.#used;
  }

  charge(weight: number, nowMs: number): WeightVerdict {
    this.#used = this.used(nowMs) + weight;
    if (this.#rules === undefined || this.#used <= this.#rules.limit) return { status: 200 };
    if (++this.#refusals <= this.#rules.refusalsBeforeBan) return { status: 429 };
    return { status: 418, bannedUntilMs: this.#bans.begin('weight', nowMs, this.#rules.banMs) };
  }
}

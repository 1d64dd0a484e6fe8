/** A time in which every request is refused with 418. */
export interface Ban {
  readonly cause: 'weight' | 'fault';
  /** Ms since the epoch. */
  readonly beganAtMs: number;
  readonly untilMs: number;
  /** Requests that arrived meanwhile, without the one that set it off. */
  readonly requests: number;
}

interface KeptBan extends Omit<Ban, 'requests'> {
  requests: number;
}

/** Bans that are written down; one at work is among them. */
const BANS_MAX = 1000;

/** Keeps the bans of the address, whoever imposed them. */
export class BanList {
  readonly #bans: KeptBan[] = [];

  /** Begins a ban and tells when it ends. */
  begin(cause: Ban['cause'], nowMs: number, banMs: number): number {
    const beganAtMs = Math.floor(nowMs);
    this.#bans.push({ cause, beganAtMs, untilMs: beganAtMs + banMs, requests: 0 });
    if (this.#bans.length > BANS_MAX) this.#bans.shift();
    return beganAtMs + banMs;
  }

  /** A request arrives: the end of the ban that it meets, if any. The one that lasts longest counts it. */
  meet(nowMs: number): number | undefined {
    let met: KeptBan | undefined;
    for (const ban of this.#bans) {
      if (nowMs < ban.untilMs && (met === undefined || ban.untilMs > met.untilMs)) met = ban;
    }
    if (met !== undefined) met.requests++;
    return met?.untilMs;
  }

  report(): readonly Ban[] {
    return this.#bans.map((ban) => ({ ...ban }));
  }
}

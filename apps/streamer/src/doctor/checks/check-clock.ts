import { type Attempt, error, type Finding, ok, warn } from '../finding.ts';

/** One question for the time; milliseconds since the epoch, fractions where the clock has them. */
export interface ClockSample {
  readonly sentAtMs: number;
  readonly serverMs: number;
  readonly receivedAtMs: number;
}

const CHECK = 'clock';
const OFFSET_WARN_MS = 500;
const OFFSET_ERROR_MS = 5000;

/**
 * How far this machine's clock is ahead of the exchange's: the median over the samples of the middle of question and
 * answer less the time that the answer names. `uncertaintyMs` is half of the shortest round trip.
 */
export function clockOffset(samples: readonly ClockSample[]): { offsetMs: number; uncertaintyMs: number } {
  const offsets = samples
    .map(({ sentAtMs, serverMs, receivedAtMs }) => (sentAtMs + receivedAtMs) / 2 - serverMs)
    .sort((left, right) => left - right);
  const middle = offsets.length / 2;
  const offsetMs = (offsets[Math.ceil(middle) - 1]! + offsets[Math.floor(middle)]!) / 2;
  const trips = samples.map(({ sentAtMs, receivedAtMs }) => receivedAtMs - sentAtMs);
  return { offsetMs, uncertaintyMs: Math.min(...trips) / 2 };
}

export function checkClock(attempt: Attempt<readonly ClockSample[]>): Finding {
  if ('problem' in attempt)
    return warn(CHECK, `not compared with the exchange: ${attempt.problem}`, 'see the finding for rest');
  const { offsetMs, uncertaintyMs } = clockOffset(attempt.found);
  const size = Math.abs(offsetMs);
  const side = offsetMs >= 0 ? 'ahead of' : 'behind';
  const what = `${Math.round(size)} ms ${side} the exchange (to ${Math.max(1, Math.ceil(uncertaintyMs))} ms)`;
  const advice = 'keep the clock with NTP (chrony, systemd-timesyncd): local_time is the time of receipt';
  if (size > OFFSET_ERROR_MS) return error(CHECK, what, advice);
  return size > OFFSET_WARN_MS ? warn(CHECK, what, advice) : ok(CHECK, what);
}

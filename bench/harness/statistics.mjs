/**
 * The middle value; the mean of the two in the middle when there is an even number.
 *
 * @param {readonly number[]} values at least one
 * @returns {number}
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * How many times more a peer takes: the ratio is formed within each round, whose two halves saw the same machine, and
 * the middle of the rounds is taken.
 *
 * @param {readonly number[]} ours a unit of work, round by round
 * @param {readonly number[]} peer the same rounds
 * @returns {{ median: number, lowest: number, highest: number }}
 */
export function pairedRatio(ours, peer) {
  if (ours.length !== peer.length || ours.length === 0) {
    throw new RangeError(`expected as many rounds of both, was ${ours.length} and ${peer.length}`);
  }
  const ratios = peer.map((value, round) => value / (ours[round] ?? NaN));
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}

import type { RawDepth } from '@org/storage-csv';

const OFFSETS_PER_LEVEL = 4;
const NO_DECIMALS = -1;

/** A level that is not where it must be; `index` counts the levels of the message, bids first. */
export interface LevelProblem {
  readonly index: number;
  readonly isRepeat: boolean;
  readonly problem: string;
}

/**
 * Whether the levels of a message are sorted, each side in one direction and no price twice. Nothing documents it, and all
 * 20,939 diffs of our recordings are so, upwards or downwards: a row that was doubled or moved shows here.
 */
export function levelProblem(message: RawDepth): LevelProblem | undefined {
  const { bidCount, askCount } = message;
  if (message.isMixed) return { index: bidCount, isRepeat: false, problem: 'a bid stands behind an ask' };
  return sideProblem(message, 0, bidCount) ?? sideProblem(message, bidCount, bidCount + askCount);
}

function sideProblem(message: RawDepth, first: number, end: number): LevelProblem | undefined {
  if (end - first < 2) return undefined;
  const isInTicks = message.priceDecimals !== NO_DECIMALS;
  let before = isInTicks ? message.ticks[2 * first]! : priceAt(message, first);
  let direction = 0;
  for (let index = first + 1; index < end; index++) {
    const price = isInTicks ? message.ticks[2 * index]! : priceAt(message, index);
    const step = Math.sign(price - before);
    if (step === 0)
      return { index, isRepeat: true, problem: `price ${textAt(message, index)} stands there twice` };
    if (direction !== 0 && step !== direction) {
      const problem = `price ${textAt(message, index)} stands behind ${textAt(message, index - 1)}`;
      return { index, isRepeat: false, problem };
    }
    direction = step;
    before = price;
  }
  return undefined;
}

function priceAt(message: RawDepth, index: number): number {
  return Number(textAt(message, index));
}

function textAt({ bytes, offsets }: RawDepth, index: number): string {
  const at = index * OFFSETS_PER_LEVEL;
  return String.fromCharCode(...bytes.subarray(offsets[at], offsets[at + 1]));
}

/**
 * Whether a journal that is read beside the others, and is behind them, may still bring what was received up to then (µs
 * since the epoch). `lanes` are those that have shown what they have. As long as it says so, a hole is not declared.
 */
export type MayCome = (receivedAtUs: number, lanes: readonly string[]) => boolean;

/** There is one journal, and what lies behind in it was received later. */
export const nothingElse: MayCome = () => false;

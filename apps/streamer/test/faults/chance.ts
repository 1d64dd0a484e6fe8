/** The seed of this run: FAULT_SEED repeats one. */
export function seedOfRun(): number {
  const given = Number(process.env['FAULT_SEED']);
  return Number.isSafeInteger(given) && given > 0 ? given : 1 + Math.floor(Math.random() * 0x7ffffffe);
}

/** Numbers in [0, 1) that the seed decides (Park and Miller's generator). */
export function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return (state - 1) / 0x7ffffffe;
  };
}

import { childNodeFlags } from '../src/control/node-flags.ts';

describe('the flags that children are started with', () => {
  it('are known to the Node that runs here', () => {
    expect(childNodeFlags()).toHaveLength(2);
  });

  it('are those that are left when a Node knows one of them no more', () => {
    const known = childNodeFlags();
    for (const dropped of known)
      expect(childNodeFlags((flags) => !flags.includes(dropped))).toEqual(
        known.filter((flag) => flag !== dropped),
      );
    expect(childNodeFlags(() => false)).toEqual([]);
  });
});

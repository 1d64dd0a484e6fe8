import { describeKills } from './expect-survived.ts';

describe('one suite for all stores, for long', () => {
  describeKills({ kills: 60, batches: 3000, tradesABatch: 100 });
});

import { describeKills } from './expect-survived.ts';

describe('one suite for all stores', () => {
  describeKills({ kills: 4, batches: 120, tradesABatch: 40 });
});

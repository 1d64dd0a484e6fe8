import { number, optional, receipt, type StreamDefinition } from '../rows/stream-definition.ts';

/**
 * `markPriceUpdate`. The wire's `T` is the next funding time here. Delivery contracts send neither rate nor funding
 * time, and `ap` exists since 2026-03-16.
 */
export const markPriceStream: StreamDefinition = {
  kind: 'markprice',
  frame: 'markPriceUpdate',
  columns: [
    ['mark_price', number('p')],
    ['average_price', optional(number('ap'))],
    ['index_price', optional(number('i'))],
    ['estimated_settle_price', optional(number('P'))],
    ['funding_rate', optional(number('r'))],
    ['next_funding_time', optional(number('T'))],
    ['event_time', number('E')],
    ['local_time', receipt],
  ],
};

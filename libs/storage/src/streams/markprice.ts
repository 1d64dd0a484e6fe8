import { decimal, optional, receipt, timeMs, type StreamDefinition } from '../rows/stream-definition.ts';

/**
 * `markPriceUpdate`. The wire's `T` is the next funding time here. Delivery contracts send neither rate nor funding
 * time, and `ap` exists since 2026-03-16.
 */
export const markPriceStream: StreamDefinition = {
  kind: 'markprice',
  frame: 'markPriceUpdate',
  columns: [
    ['mark_price', decimal('p')],
    ['average_price', optional(decimal('ap'))],
    ['index_price', optional(decimal('i'))],
    ['estimated_settle_price', optional(decimal('P'))],
    ['funding_rate', optional(decimal('r'))],
    ['next_funding_time', optional(timeMs('T'))],
    ['event_time', timeMs('E')],
    ['local_time', receipt],
  ],
};

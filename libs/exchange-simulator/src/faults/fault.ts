import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** A time span: milliseconds as a number, or text such as `500ms`, `5s`, `2m`, `24h`. */
const duration = z.union(
  [
    z.number().nonnegative(),
    z
      .string()
      .regex(/^\d+(\.\d+)?(ms|s|m|h)$/)
      .transform(
        (text) => Number.parseFloat(text) * UNIT_MS[/[a-z]+$/.exec(text)![0] as keyof typeof UNIT_MS],
      ),
  ],
  { error: 'expected a duration such as 500ms, 5s, 2m, 24h' },
);
const count = z.int().positive();

/** When it begins (at once without either), and what it concerns (everything without any). */
const common = {
  /** Time since the exchange started, or since the fault was injected. */
  at: duration.optional(),
  /** Begins behind this many sent messages that are in its scope. */
  afterMessages: count.optional(),
  symbol: z.string().min(1).optional(),
  stream: z.string().min(1).optional(),
  route: z.enum(['public', 'market', 'unrouted']).optional(),
  /** Number of a connection, 1 for the first that the exchange accepted. */
  connection: count.optional(),
};
const scope = {
  ...common,
  /** Of the open connections that it concerns, only the oldest or the newest; `all` is the default. */
  pick: z.enum(['all', 'oldest', 'newest']).optional(),
};
const messages = { ...scope, count: count.optional(), duration: duration.optional() };
const connections = { ...scope, duration: duration.optional() };
const rest = {
  at: duration.optional(),
  afterMessages: count.optional(),
  symbol: z.string().min(1).optional(),
  /** Last part of the path, for example `depth`. */
  path: z.string().min(1).optional(),
  count: count.optional(),
  duration: duration.optional(),
};
const closeCode = z.int().min(1000).max(4999);

export const faultSchema = z.discriminatedUnion('fault', [
  z.strictObject({ fault: z.literal('cut'), ...connections }),
  z.strictObject({ fault: z.literal('reset'), ...connections }),
  z.strictObject({
    fault: z.literal('close'),
    code: closeCode.default(1001),
    reason: z.string().max(120).default(''),
    ...connections,
  }),
  z.strictObject({ fault: z.literal('halfOpen'), ...scope, duration }),
  z.strictObject({ fault: z.literal('lifetime'), ...common, duration, code: closeCode.default(1000) }),
  z.strictObject({
    fault: z.literal('serverShutdown'),
    ...scope,
    delay: duration.default(10_000),
    /** Whether combined connections get the event in an envelope; raw ones never do. */
    enveloped: z.boolean().optional(),
  }),
  z.strictObject({ fault: z.literal('silence'), ...scope, duration }),
  z.strictObject({ fault: z.literal('drop'), ...messages }),
  z.strictObject({ fault: z.literal('duplicate'), ...messages }),
  z.strictObject({ fault: z.literal('malformed'), ...messages }),
  z.strictObject({ fault: z.literal('invalidUtf8'), ...messages }),
  z.strictObject({
    fault: z.literal('oversized'),
    bytes: count.max(256 * 1024 * 1024).default(10 * 1024 * 1024),
    ...messages,
  }),
  z.strictObject({ fault: z.literal('rest429'), retryAfter: duration.optional(), ...rest }),
  z.strictObject({
    fault: z.literal('rest418'),
    /** A ban is about the address: it refuses whatever is asked, and has no scope. */
    banMs: z.int().positive().default(120_000),
    at: common.at,
    afterMessages: common.afterMessages,
  }),
  z.strictObject({ fault: z.literal('rest403html'), ...rest }),
  z.strictObject({ fault: z.literal('rest451'), ...rest }),
  z.strictObject({ fault: z.literal('rest5xx'), status: z.int().min(500).max(599).default(503), ...rest }),
  z.strictObject({ fault: z.literal('restSlow'), delay: duration, ...rest }),
  z.strictObject({ fault: z.literal('restGarbage'), ...rest }),
]);

/** A fault as a script or a test writes it. */
export type Fault = z.input<typeof faultSchema>;
/** A fault with its defaults filled in and all durations in milliseconds. */
export type CheckedFault = z.output<typeof faultSchema>;
export type FaultKind = CheckedFault['fault'];

type Kinds<K extends FaultKind> = Extract<CheckedFault, { fault: K }>;

export type ConnectionFault = Kinds<'cut' | 'reset' | 'close' | 'halfOpen' | 'lifetime' | 'serverShutdown'>;
export type MessageFault = Kinds<
  'silence' | 'drop' | 'duplicate' | 'malformed' | 'invalidUtf8' | 'oversized'
>;
export type RestFault = Kinds<'rest429' | 'rest403html' | 'rest451' | 'rest5xx' | 'restSlow' | 'restGarbage'>;
export type BanFault = Kinds<'rest418'>;

export function isRestFault(fault: CheckedFault): fault is RestFault {
  return ['rest429', 'rest403html', 'rest451', 'rest5xx', 'restSlow', 'restGarbage'].includes(fault.fault);
}

export function isMessageFault(fault: CheckedFault): fault is MessageFault {
  return ['silence', 'drop', 'duplicate', 'malformed', 'invalidUtf8', 'oversized'].includes(fault.fault);
}

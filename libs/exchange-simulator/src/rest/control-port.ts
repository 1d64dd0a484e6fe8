import type { Context, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { ReportOptions, SentReport } from '../delivery/sent-report.ts';
import { SimulatorError } from '../errors.ts';
import type { SimulatorErrorCode } from '../errors.ts';
import type { CheckedFault } from '../faults/fault.ts';
import type { ListingChange } from '../listing/listings.ts';
import { FAULT_TEXT_BYTES_MAX, parseFaultRequest } from '../faults/fault-script.ts';

/** What a test in another process may do with the exchange. */
export interface ControlPort {
  inject(fault: CheckedFault): void;
  changeListings(change: ListingChange): void;
  report(options: ReportOptions): SentReport;
}

const symbolList = z.array(z.string()).optional();
const changeSchema = z.strictObject({ list: symbolList, delist: symbolList, remove: symbolList });

/**
 * `POST /simulator/faults` takes one fault or a list, all or none of them: 202, or 400 with every mistake.
 * `POST /simulator/symbols` takes `{"list":[…],"delist":[…],"remove":[…]}` in the same way.
 * `GET /simulator/report` answers with the report, with `?books=none` without the books. None of them is charged, counted or struck by a fault.
 */
export function addControlPort(app: Hono, control: ControlPort): void {
  app.get('/simulator/report', (context) =>
    context.json(control.report({ books: context.req.query('books') !== 'none' })),
  );
  app.post('/simulator/faults', limitOf('FAULTS_INVALID'), (context) =>
    carryOut(context, (text) => {
      const faults = parseFaultRequest(text);
      for (const fault of faults) control.inject(fault);
      return { accepted: faults.length };
    }),
  );
  app.post('/simulator/symbols', limitOf('SYMBOLS_INVALID'), (context) =>
    carryOut(context, (text) => {
      const change = parseChange(text);
      control.changeListings(change);
      return { accepted: Object.values(change).flat().length };
    }),
  );
}

function limitOf(code: SimulatorErrorCode): MiddlewareHandler {
  const body = { code, issues: ['the body is too long'] };
  return bodyLimit({ maxSize: FAULT_TEXT_BYTES_MAX, onError: (context) => context.json(body, 413) });
}

async function carryOut(context: Context, command: (text: string) => object): Promise<Response> {
  try {
    return context.json(command(await context.req.text()), 202);
  } catch (error) {
    if (!(error instanceof SimulatorError)) throw error;
    return context.json({ code: error.code, issues: error.issues }, 400);
  }
}

function parseChange(text: string): ListingChange {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    const issues = [`expected JSON: ${(cause as Error).message}`];
    throw new SimulatorError('SYMBOLS_INVALID', `symbols: ${issues[0]}`, { issues, cause });
  }
  const { data, error } = changeSchema.safeParse(content);
  if (data !== undefined) return data as ListingChange;
  const issues = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SimulatorError('SYMBOLS_INVALID', `symbols: ${issues.join('; ')}`, { issues });
}

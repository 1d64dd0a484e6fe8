import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { SentReport } from '../delivery/sent-report.ts';
import { SimulatorError } from '../errors.ts';
import type { CheckedFault } from '../faults/fault.ts';
import { FAULT_TEXT_BYTES_MAX, parseFaultRequest } from '../faults/fault-script.ts';

/** What a test in another process may do with the exchange. */
export interface ControlPort {
  inject(fault: CheckedFault): void;
  report(): SentReport;
}

/**
 * `POST /simulator/faults` takes one fault or a list, all or none of them: 202, or 400 with every mistake.
 * `GET /simulator/report` answers with the report. Neither is charged, counted or struck by a fault.
 */
export function addControlPort(app: Hono, control: ControlPort): void {
  app.get('/simulator/report', (context) => context.json(control.report()));
  const limit = bodyLimit({
    maxSize: FAULT_TEXT_BYTES_MAX,
    onError: (context) => context.json({ code: 'FAULTS_INVALID', issues: ['the body is too long'] }, 413),
  });
  app.post('/simulator/faults', limit, async (context) => {
    try {
      const faults = parseFaultRequest(await context.req.text());
      for (const fault of faults) control.inject(fault);
      return context.json({ accepted: faults.length }, 202);
    } catch (error) {
      if (!(error instanceof SimulatorError)) throw error;
      return context.json({ code: error.code, issues: error.issues }, 400);
    }
  });
}

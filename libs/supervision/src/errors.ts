/**
 * - `CHILD_FAILED`: a child ended with an exit code that means "do not restart" (`exitCode`).
 * - `RESTART_BUDGET_SPENT`: a child died too often and its policy is to give up.
 * - `STOPPING`: the child or the supervisor was told to stop before the child was ready.
 * - `CHILD_ID_TAKEN`, `CHILD_UNKNOWN`, `ALREADY_STARTED`: the caller's mistake.
 */
export type SupervisionErrorCode =
  | 'CHILD_FAILED'
  | 'RESTART_BUDGET_SPENT'
  | 'STOPPING'
  | 'CHILD_ID_TAKEN'
  | 'CHILD_UNKNOWN'
  | 'ALREADY_STARTED';

/** Everything that this library throws or reports. Decide on `code`. */
export class SupervisionError extends Error {
  readonly code: SupervisionErrorCode;
  readonly childId: string | undefined;
  readonly exitCode: number | undefined;

  constructor(code: SupervisionErrorCode, message: string, childId?: string, exitCode?: number) {
    super(message);
    this.name = 'SupervisionError';
    this.code = code;
    this.childId = childId;
    this.exitCode = exitCode;
  }
}

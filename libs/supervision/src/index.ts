export type { Clock, ClockTimer } from './clock.ts';
export type { SupervisionErrorCode } from './errors.ts';
export type { ChildExit, ChildHandle, ChildSpec, ChildState, ChildStatus, StopStage } from './child-spec.ts';
export type { RestartDecision, RestartHistory, RestartPolicy } from './restart-policy.ts';
export type { ControlMessage } from './control-messages.ts';
export type { SupervisorHandlers, SupervisorOptions } from './supervisor.ts';
export type { ForkOptions } from './process-child.ts';
export type { ChildControl, ChildControlHandlers, ChildControlOptions } from './child-control.ts';

export { systemClock } from './clock.ts';
export { SupervisionError } from './errors.ts';
export { decideRestart, NO_HISTORY } from './restart-policy.ts';
export { Supervisor } from './supervisor.ts';
export { forkChild, forkClusterWorker } from './process-child.ts';
export { childControl } from './child-control.ts';

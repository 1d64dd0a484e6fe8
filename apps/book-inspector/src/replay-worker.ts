import { answerJobs } from './answer-jobs.ts';
import { LocalRunner } from './replay-job.ts';

const nowMs = (): number => performance.now();
answerJobs(new LocalRunner(nowMs), nowMs);

#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { type Task, TASK_VARIABLE } from './control/task.ts';

const task = process.env[TASK_VARIABLE];
if (task !== undefined) {
  // What children of this child would inherit is not theirs.
  delete process.env[TASK_VARIABLE];
  const { runRole } = await import('./roles/role.ts');
  await runRole(JSON.parse(task) as Task);
} else {
  const { runCommandLine } = await import('./cli/command-line.ts');
  process.exitCode = await runCommandLine(process.argv.slice(2), fileURLToPath(import.meta.url));
}

#!/usr/bin/env node
import { runCli } from './cli/run-cli.ts';
import { WorkerRunner } from './worker-runner.ts';

// A reader that leaves early breaks the pipe; what it did not read is nobody's loss.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  nowMs: () => performance.now(),
  newRunner: () => new WorkerRunner(new URL('./replay-worker.js', import.meta.url)),
  newVerifyRunner: () => new WorkerRunner(new URL('./verify-worker.js', import.meta.url)),
});

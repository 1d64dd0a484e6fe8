#!/usr/bin/env node
import { runCli } from './cli.ts';

const signalled = new Promise<string>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
});

process.exitCode = await runCli(process.argv.slice(2), {
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  signalled,
});

#!/usr/bin/env node
// What a stranger gets: packs every package, looks at the tarballs, installs them into an empty project outside the
// repository, and imports, requires and runs them there. Needs the build and the npm registry.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = resolve(import.meta.dirname, '..');
const packages = ['libs', 'apps'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => {
    const folder = join(root, group, name);
    return { folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) };
  }),
);
const problems = [];
const outside = mkdtempSync(join(tmpdir(), 'packages-check-'));
const run = (command, args) =>
  execFileSync(command, args, { cwd: outside, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

async function lint({ folder, manifest }) {
  const { messages } = await publint({ pkgDir: folder, strict: true });
  for (const message of messages) problems.push(`${manifest.name}: ${formatMessage(message, manifest)}`);
}

function pack({ folder, manifest }) {
  const [{ filename, files }] = JSON.parse(
    run('npm', ['pack', folder, '--json', '--pack-destination', outside]),
  );
  for (const { path } of files)
    if (/(^|\/)test\/|tsbuildinfo/.test(path)) problems.push(`${manifest.name}: packs ${path}`);
  if (!files.some(({ path }) => path === 'README.md')) problems.push(`${manifest.name}: packs no README.md`);
  return join(outside, filename);
}

function probe(what, command, args) {
  try {
    run(command, args);
  } catch (error) {
    problems.push(
      `${what}: ${String(error.stderr || error.message)
        .trim()
        .split('\n')
        .slice(0, 6)
        .join(' | ')}`,
    );
  }
}

try {
  for (const entry of packages) await lint(entry);
  const tarballs = packages.map(pack);
  writeFileSync(join(outside, 'package.json'), JSON.stringify({ name: 'outside', private: true }));
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs]);
  for (const { manifest } of packages) {
    const { name, bin = {}, exports } = manifest;
    if (exports['.'] !== undefined) {
      const check = 'if (Object.keys(m).length === 0) throw new Error("exports nothing")';
      probe(`import ${name}`, 'node', [
        '--input-type=module',
        '-e',
        `const m = await import('${name}'); ${check}`,
      ]);
      probe(`require ${name}`, 'node', ['-e', `const m = require('${name}'); ${check}`]);
    }
    for (const command of Object.keys(bin))
      probe(`${command} --help`, join(outside, 'node_modules/.bin', command), ['--help']);
  }
} finally {
  rmSync(outside, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
console.log(
  `${packages.length} packages packed, installed, imported and required on ${process.version}: ${problems.length} problems`,
);
process.exit(problems.length === 0 ? 0 : 1);

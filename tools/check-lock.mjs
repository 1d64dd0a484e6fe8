#!/usr/bin/env node
// npm leaves an optional platform package out of the lock when the registry does not have it, and the next
// `npm ci` then refuses the lock. This names every such hole while the change that made it is still at hand.
import { readFileSync } from 'node:fs';

const path = process.argv[2] ?? 'package-lock.json';
const { packages } = JSON.parse(readFileSync(path, 'utf8'));

/** The lock entry that `name` resolves to when `from` asks for it: nearest node_modules first. */
function resolves(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true;
    if (folder === '') return false;
    if (!folder.includes('node_modules/')) return Boolean(packages[`node_modules/${name}`]);
  }
}

const holes = Object.entries(packages).flatMap(([from, entry]) =>
  Object.keys(entry.optionalDependencies ?? {})
    .filter((name) => !resolves(from, name))
    .map((name) => `${from || 'the root'} names ${name}, which has no entry`),
);
for (const hole of holes) console.error(`${path}: ${hole}`);
console.log(`${path}: ${Object.keys(packages).length} entries, ${holes.length} missing optional packages`);
process.exit(holes.length === 0 ? 0 : 1);

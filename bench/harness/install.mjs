import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * The peers with their versions.
 *
 * @param {string} benchFolder
 * @returns {Record<string, string>}
 */
export function peerVersions(benchFolder) {
  return readJson(join(benchFolder, 'package.json')).dependencies;
}

/**
 * Installs the peers as locked, without running their scripts, unless they are there.
 *
 * @param {string} benchFolder
 * @param {(line: string) => void} tell
 */
export function installPeers(benchFolder, tell) {
  if (isInstalled(benchFolder)) return;
  tell('the peers are not installed: npm ci --prefix bench --ignore-scripts');
  const { status } = spawnSync('npm', ['ci', '--prefix', benchFolder, '--ignore-scripts'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`npm ci --prefix bench: expected exit code 0, was ${status}`);
}

/** @param {string} benchFolder */
function isInstalled(benchFolder) {
  return Object.entries(peerVersions(benchFolder)).every(([name, version]) => {
    const path = join(benchFolder, 'node_modules', name, 'package.json');
    return existsSync(path) && readJson(path).version === version;
  });
}

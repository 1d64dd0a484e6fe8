/** What a process and all its children have used, from /proc (Linux): CPU in ms, that of it in the kernel, private bytes. */
import { readdirSync, readFileSync } from 'node:fs';

/** `_SC_CLK_TCK` is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** By pid: what `ps` calls it here, CPU, private memory. Processes that end meanwhile are left out. */
export function processTree(rootPid) {
  const known = new Map();
  for (const name of readdirSync('/proc')) {
    const found = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (found !== undefined) known.set(Number(name), found);
  }
  const pids = [rootPid];
  for (const pid of pids) for (const [other, { parentPid }] of known) if (parentPid === pid) pids.push(other);
  return new Map(pids.filter((pid) => known.has(pid)).map((pid) => [pid, describe(pid, known.get(pid))]));
}

/** The threads of the kernel that give memory of the page cache to others; empty where they cannot be seen. */
export function kernelReclaim() {
  const found = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !commandOf(name).startsWith('kswapd')) continue;
    const stat = statOf(Number(name));
    if (stat !== undefined) found.set(Number(name), { ...stat, role: 'kswapd' });
  }
  return found;
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1');
  } catch {
    return '';
  }
}

function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
    return {
      parentPid: Number(fields[1]),
      cpuMs: (userTicks + systemTicks) * TICK_MS,
      systemMs: systemTicks * TICK_MS,
    };
  } catch {
    return undefined;
  }
}

function describe(pid, { cpuMs, systemMs }) {
  return { role: roleOf(pid), cpuMs, systemMs, privateBytes: privateBytes(pid) };
}

function roleOf(pid) {
  try {
    return /"role":"([a-z-]+)"/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1] ?? 'primary';
  } catch {
    return 'gone';
  }
}

function privateBytes(pid) {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0) * 1024;
    return of('Private_Clean') + of('Private_Dirty');
  } catch {
    return 0;
  }
}

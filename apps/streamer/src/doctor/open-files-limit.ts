/** Files that a process may have open, from the text of `/proc/self/limits`; undefined where it does not say. */
export function openFilesLimit(limits: string | undefined): number | undefined {
  const allowed = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? '')?.[1];
  if (allowed === undefined) return undefined;
  return allowed === 'unlimited' ? Infinity : Number(allowed);
}

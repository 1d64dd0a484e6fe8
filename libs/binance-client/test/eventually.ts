/** Waits until `check` no longer throws and does not return false; fails with its last word after `timeoutMs`. */
export async function eventually(check: () => unknown, timeoutMs = 5_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    try {
      if (check() !== false) return;
      if (Date.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${check.toString()}`);
    } catch (error) {
      if (Date.now() > endMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

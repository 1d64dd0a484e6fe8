/** A signpost until somebody asks for more: what can be asked here. */
export const INDEX_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Recorder</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { margin: 2rem auto; max-width: 40rem; padding: 0 1rem; }
</style>
<h1>Recorder</h1>
<ul>
  <li><a href="/status">/status</a> processes, streams, queues, books</li>
  <li><a href="/readyz">/readyz</a> whether every stream delivers and the writer keeps up</li>
  <li><a href="/healthz">/healthz</a> whether the recorder is alive</li>
  <li><code>/books/SYMBOL?depth=20</code> a live order book</li>
</ul>
</html>
`;

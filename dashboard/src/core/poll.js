// Asking again and again, for a page that shows what is so now.

/**
 * Calls load() at once and then `everyMs` after each end of it, until `signal` is aborted or load() throws an error with
 * `final` set. A hidden page asks for nothing; one that is shown again asks at once. While load() fails the wait doubles, to at
 * most half a minute, and the browser's word that it is online again ends it.
 * Returns {now}: asks at once, out of turn, and resolves when that is done.
 */
export function poll({signal, everyMs, load}) {
  const LONGEST_MS = 30000;
  const over = new AbortController();
  let timer;
  let wait = everyMs;
  let running = null;

  async function run() {
    clearTimeout(timer);
    try {
      await load();
      wait = everyMs;
    } catch (error) {
      if (error.final) {
        over.abort();
        return;
      }
      wait = Math.min(2 * wait, LONGEST_MS);
    } finally {
      running = null;
    }
    if (!over.signal.aborted) timer = setTimeout(tick, wait);
  }

  function now() {
    if (!over.signal.aborted) running ??= run();
    return running;
  }

  function tick() {
    if (!document.hidden) return now();
    return undefined;
  }

  const wake = () => {
    if (!document.hidden) now();
  };
  document.addEventListener('visibilitychange', wake, {signal: over.signal});
  addEventListener('online', wake, {signal: over.signal});
  over.signal.addEventListener('abort', () => clearTimeout(timer));
  if (signal.aborted) over.abort();
  else signal.addEventListener('abort', () => over.abort());
  now();
  return {now: async () => {
    if (running) await running;
    await now();
  }};
}
